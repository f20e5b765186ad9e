"""The rule that nothing costs before its budget."""

from collections.abc import Iterator, Mapping, Sequence

from infra.policy.declared_resource import DeclaredResource, Violation

BUDGET = "gcp:billing/budget:Budget"
FREE = frozenset(
    {
        BUDGET,
        # What a budget needs: to be allowed, to be heard, and to be read.
        "gcp:projects/service:Service",
        "gcp:monitoring/notificationChannel:NotificationChannel",
        "gcp:pubsub/topic:Topic",
    }
)
"""What may be there before the budget. Whatever is not named here may cost something."""
_CLOUDS = ("gcp:", "docker-build:", "kubernetes:", "pulumi-python:")


def budget_comes_first(resources: Sequence[DeclaredResource]) -> Iterator[Violation]:
    """Nothing that costs is made before there is a budget."""
    if not any(resource.type.startswith("gcp:") for resource in resources):
        return
    by_urn = {resource.urn: resource for resource in resources}
    budgets = {resource.urn for resource in resources if resource.type == BUDGET}
    for resource in resources:
        costs = resource.type.startswith(_CLOUDS) and resource.type not in FREE
        if costs and not budgets & _needed(resource, by_urn):
            yield Violation(urn=resource.urn, message=f"{resource.label} does not depend on the budget")


def _needed(resource: DeclaredResource, by_urn: Mapping[str, DeclaredResource]) -> set[str]:
    """All that a resource depends on, however far."""
    found, left = set[str](), list(resource.needs)
    while left:
        urn = left.pop()
        if urn not in found:
            found.add(urn)
            left += by_urn[urn].needs if urn in by_urn else []
    return found
