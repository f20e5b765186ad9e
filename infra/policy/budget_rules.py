"""Rule: every resource that costs money depends on the budget."""

from collections.abc import Iterator, Mapping, Sequence

from infra.policy.declared_resource import DeclaredResource, Violation

BUDGET = "gcp:billing/budget:Budget"
FREE_TYPES = frozenset(
    {
        BUDGET,
        # The budget depends on these: enabled APIs, its e-mail channels, its topic, and who may publish to it.
        "gcp:projects/service:Service",
        "gcp:monitoring/notificationChannel:NotificationChannel",
        "gcp:pubsub/topic:Topic",
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
    }
)
"""Types that may be created before the budget. Any other type may cost something."""
_BILLED_PREFIXES = ("gcp:", "docker-build:", "kubernetes:", "pulumi-python:")


def budget_comes_first(resources: Sequence[DeclaredResource]) -> Iterator[Violation]:
    """Every resource that may cost money depends on the budget, so that nothing is created without it."""
    if not any(resource.type.startswith("gcp:") for resource in resources):
        return
    by_urn = {resource.urn: resource for resource in resources}
    budgets = {resource.urn for resource in resources if resource.type == BUDGET}
    for resource in resources:
        costs = resource.type.startswith(_BILLED_PREFIXES) and resource.type not in FREE_TYPES
        if costs and not budgets & _dependencies(resource, by_urn):
            yield Violation(urn=resource.urn, message=f"{resource.display_name} does not depend on the budget")


def _dependencies(resource: DeclaredResource, by_urn: Mapping[str, DeclaredResource]) -> set[str]:
    """Return the URNs of a resource's dependencies, direct and indirect."""
    found, todo = set[str](), list(resource.depends_on)
    while todo:
        urn = todo.pop()
        if urn not in found:
            found.add(urn)
            todo += by_urn[urn].depends_on if urn in by_urn else []
    return found
