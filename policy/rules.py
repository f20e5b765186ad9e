"""The rules, each a function of all resources that says what breaks it.

Written here and nowhere else: policy/__main__.py has Pulumi ask them, tests/unit/infra/gcp asks them of the program.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from policy.declared import Declared, Hidden, Violation, plain, walk

Rule = Callable[[Sequence[Declared]], Iterator[Violation]]

BUDGET = "gcp:billing/budget:Budget"
_CLOUDS = ("gcp:", "docker-build:", "kubernetes:", "pulumi-python:")
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
LABELS: Mapping[str, tuple[str, ...]] = {
    "gcp:artifactregistry/repository:Repository": ("labels",),
    "gcp:cloudfunctionsv2/function:Function": ("labels",),
    "gcp:container/cluster:Cluster": ("resourceLabels",),
    "gcp:container/nodePool:NodePool": ("nodeConfig", "resourceLabels"),
    "gcp:monitoring/alertPolicy:AlertPolicy": ("userLabels",),
    "gcp:monitoring/notificationChannel:NotificationChannel": ("userLabels",),
    "gcp:pubsub/topic:Topic": ("labels",),
    "gcp:storage/bucket:Bucket": ("labels",),
}
"""Where each type of Google Cloud that can be labelled has its labels; a test holds this to Google's SDK."""
STACK_LABEL = "sluice-stack"
_KUBERNETES_LABEL = "app.kubernetes.io/part-of"
_BROAD = re.compile(
    r"roles/(owner|editor|viewer|browser)|roles/(\w+\.)?\w*[aA]dmin\w*(\.\w+)?|roles/iam\.serviceAccountTokenCreator"
)
_EVERYBODY = ("allUsers", "allAuthenticatedUsers")
_SECRET_NAME = re.compile(r"(password|token|secret|privatekey|credentials)$", re.IGNORECASE)
_NO_SECRETS = re.compile(r"name$|ref$", re.IGNORECASE)


def budget_comes_first(resources: Sequence[Declared]) -> Iterator[Violation]:
    """Nothing that costs is made before there is a budget."""
    by_urn = {resource.urn: resource for resource in resources}
    budgets = {resource.urn for resource in resources if resource.type == BUDGET}
    for resource in resources:
        if not resource.type.startswith(_CLOUDS) or resource.type in FREE or not _on_google(resources):
            continue
        needed = _needed(resource, by_urn)
        if not budgets & needed and not _unseen_providers(needed, by_urn):
            yield Violation(urn=resource.urn, message=f"{resource.kind} {resource.name} does not depend on the budget")


def nothing_is_open_to_the_world(resources: Sequence[Declared]) -> Iterator[Violation]:
    """No rule anywhere lets every address in."""
    for resource in resources:
        for path, value in walk(plain(resource.props)):
            if isinstance(value, str) and _is_the_world(value):
                yield Violation(urn=resource.urn, message=f"{resource.name}: {'.'.join(path)} lets in {value}")


def no_role_is_broad(resources: Sequence[Declared]) -> Iterator[Violation]:
    """Nobody gets a role that may do more than its task, and nothing is everybody's."""
    for resource in resources:
        role, members = resource.props.get("role"), _members(resource.props)
        if isinstance(role, str) and _BROAD.fullmatch(role):
            yield Violation(urn=resource.urn, message=f"{resource.name} grants {role}, which may do far more")
        for member in members:
            if member in _EVERYBODY:
                yield Violation(urn=resource.urn, message=f"{resource.name} grants {role} to {member}")
        for permission in resource.props.get("permissions", []):
            if str(permission).endswith(("setIamPolicy", ".actAs")) or "*" in str(permission):
                yield Violation(urn=resource.urn, message=f"{resource.name} may {permission}, and so everything")


def no_load_balancer(resources: Sequence[Declared]) -> Iterator[Violation]:
    """Nothing has an address outside: no load balancer, no address, no open port of a node."""
    for resource in resources:
        spec = plain(resource.props.get("spec")) or {}
        kind = spec.get("type") if resource.kind == "Service" and isinstance(spec, Mapping) else None
        balances = re.fullmatch(
            r"gcp:compute/.*:(\w*ForwardingRule|\w*Address|Backend\w+|Target\w+Proxy)", resource.type
        )
        if kind in ("LoadBalancer", "NodePort") or resource.kind in ("Ingress", "Gateway") or balances:
            yield Violation(urn=resource.urn, message=f"{resource.kind} {resource.name} is reached from outside")


def everything_is_labelled(resources: Sequence[Declared]) -> Iterator[Violation]:
    """Whatever can be labelled is, so that scripts/leftovers finds it."""
    for resource in resources:
        where, label = _label(resource)
        if where and not _at(resource.props, where).get(label):
            yield Violation(urn=resource.urn, message=f"{resource.kind} {resource.name} has no label {label}")


def every_secret_is_marked(resources: Sequence[Declared]) -> Iterator[Violation]:
    """A password is secret in Pulumi's state and output: what is called one, and what a Secret holds."""
    for resource in resources:
        for path, value in _secrets(resource):
            if isinstance(value, str) and value and path[0] not in resource.secret_outputs:
                yield Violation(urn=resource.urn, message=f"{resource.name}: {'.'.join(path)} can be read in the state")


RULES: Mapping[str, Rule] = {
    "budget-comes-first": budget_comes_first,
    "nothing-is-open-to-the-world": nothing_is_open_to_the_world,
    "no-role-is-broad": no_role_is_broad,
    "no-load-balancer": no_load_balancer,
    "everything-is-labelled": everything_is_labelled,
    "every-secret-is-marked": every_secret_is_marked,
}
"""Every rule by its name."""


def _on_google(resources: Iterable[Declared]) -> bool:
    return any(resource.type.startswith("gcp:") for resource in resources)


def _needed(resource: Declared, by_urn: Mapping[str, Declared]) -> set[str]:
    """All that a resource depends on, however far."""
    found, left = set[str](), list(resource.needs)
    while left:
        urn = left.pop()
        if urn not in found:
            found.add(urn)
            left += by_urn[urn].needs if urn in by_urn else []
    return found


def _unseen_providers(needed: Iterable[str], by_urn: Mapping[str, Declared]) -> bool:
    """Pulumi may show a policy no providers; what they depend on cannot be followed then."""
    return any("pulumi:providers:kubernetes" in urn and urn not in by_urn for urn in needed)


def _label(resource: Declared) -> tuple[Sequence[str], str]:
    """Where a resource has its labels, and which one it must have; nothing for one that has none."""
    if resource.type.startswith("kubernetes:") and resource.kind != "Release":
        return ("metadata", "labels"), _KUBERNETES_LABEL
    return LABELS.get(resource.type, ()), STACK_LABEL


def _is_the_world(text: str) -> bool:
    if "/" not in text:
        return False
    try:
        return ip_network(text, strict=False).prefixlen == 0
    except ValueError:
        return False


def _members(props: Mapping[str, Any]) -> list[str]:
    member, members = props.get("member"), props.get("members")
    return [str(name) for name in ([member] if member else []) + list(members or [])]


def _at(value: Any, path: Sequence[str]) -> Mapping[str, Any]:
    for name in path:
        value = plain(value).get(name) if isinstance(plain(value), Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _secrets(resource: Declared) -> Iterator[tuple[tuple[str, ...], Any]]:
    if resource.type == "kubernetes:core/v1:Secret":
        for field in ("stringData", "data"):
            yield from (
                entry for entry in walk(resource.props.get(field), (field,)) if not isinstance(entry[1], Hidden)
            )
    elif resource.type.startswith(("gcp:", "docker-build:", "random:")):
        yield from (
            (path, value)
            for path, value in walk(resource.props)
            if path and _SECRET_NAME.search(path[-1]) and not _NO_SECRETS.search(path[-1])
        )
