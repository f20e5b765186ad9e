"""Rules: IAM and RBAC grants are narrow, none is public, and no code runs as a default service account.

A grant of the right to delete data has a condition.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from infra.policy.declared_resource import DeclaredResource, Violation, get_property, reveal, strings, walk

ACCOUNT_PATHS: Mapping[str, tuple[str, ...]] = {
    "gcp:cloudfunctionsv2/function:Function": ("serviceConfig", "serviceAccountEmail"),
    "gcp:container/nodePool:NodePool": ("nodeConfig", "serviceAccount"),
}
"""By type that runs code: path of its service account. Without one it runs as the default account, often an editor."""
_ROLE = re.compile(r"roles/[\w.]+")
_BROAD = re.compile(
    r"roles/(owner|editor|viewer|browser|writer|reader)"
    r"|roles/(\w+\.)?\w*[aA]dmin\w*(\.\w+)?"
    r"|roles/iam\.serviceAccount(TokenCreator|User)"
)
_AGENT_ROLE = re.compile(r"roles/[\w.]+\.serviceAgent")
_AGENT = re.compile(r"serviceAccount:service-[^@]+@[\w-]+\.iam\.gserviceaccount\.com")
"""A service account of Google's own, which it creates for one of its services in a project."""
_ESCALATING_PERMISSIONS = (
    "setIamPolicy",
    ".actAs",
    ".getAccessToken",
    ".implicitDelegation",
    ".signBlob",
    ".signJwt",
    "iam.roles.update",
    "iam.serviceAccountKeys.create",
)
"""Permissions with which a member can act as another one, or give itself any role."""
_CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
_DELETES_DATA = re.compile(r"(compute\.(disks|images|instances|snapshots)|container\.clusters|storage\.\w+)\.delete")
"""Permissions to delete what holds data, of types whose names IAM's conditions know."""
_PUBLIC = re.compile(r"(.*:)?(allUsers|allAuthenticatedUsers)|public\w*(Read|Write)\w*")


def no_role_is_broad(resource: DeclaredResource) -> Iterator[str]:
    """No grant is an owner, editor or admin role, lets its holder act as another account, or is public."""
    if resource.type.startswith("gcp:"):
        yield from _granted(resource)
        yield from _granted_to_agents(resource)
        account = ACCOUNT_PATHS.get(resource.type)
        if account and not get_property(resource, *account):
            path = ".".join(account)
            yield f"{resource.display_name} names no {path}: it runs as the default account, often an editor"
    elif resource.type.startswith("kubernetes:rbac.authorization.k8s.io/"):
        yield from _granted_in_cluster(resource)


def deletion_has_a_condition(resources: Sequence[DeclaredResource]) -> Iterator[Violation]:
    """A role of the stack's own that may delete clusters, disks or other data is granted with a condition only."""
    roles = {resource.urn for resource in resources if resource.type == _CUSTOM_ROLE and _deletes_data(resource)}
    for resource in resources:
        # A grant of another role may come after this one, and so depend on it.
        is_other = str(get_property(resource, "role")).startswith("roles/")
        is_grant = "IAM" in resource.kind.upper() and resource.type != _CUSTOM_ROLE
        if is_grant and not is_other and roles & resource.depends_on and not get_property(resource, "condition"):
            message = (
                f"{resource.display_name} grants the right to delete data in the whole project: give it a condition"
            )
            yield Violation(urn=resource.urn, message=message)


def _deletes_data(role: DeclaredResource) -> bool:
    return any(path[0] == "permissions" and _DELETES_DATA.fullmatch(text) for path, text in strings(role))


def _granted(resource: DeclaredResource) -> Iterator[str]:
    for path, text in strings(resource):
        if path[-1] in ("role", "policyData"):
            yield from (
                f"{resource.name} grants {role}, which is too broad"
                for role in _ROLE.findall(text)
                if _BROAD.fullmatch(role)
            )
        if path[0] == "permissions" and (text.endswith(_ESCALATING_PERMISSIONS) or "*" in text):
            yield f"{resource.name} grants {text}, which allows any other permission to be gained"
        if _PUBLIC.fullmatch(text):
            yield f"{resource.name} grants {get_property(resource, 'role') or '.'.join(path)} to {text}"


def _granted_to_agents(resource: DeclaredResource) -> Iterator[str]:
    """A role of Google's own service agents has many permissions, and is for them only."""
    role, member = get_property(resource, "role"), get_property(resource, "member")
    if isinstance(role, str) and isinstance(member, str) and _AGENT_ROLE.fullmatch(role) and not _AGENT.match(member):
        yield f"{resource.name} grants {role} to {member}, which is no service agent of Google's"


def _granted_in_cluster(resource: DeclaredResource) -> Iterator[str]:
    if get_property(resource, "roleRef", "name") == "cluster-admin":
        yield f"{resource.display_name} grants cluster-admin, which allows everything"
    for path, value in walk(reveal(resource.props)):
        if path and path[0] == "rules" and value == "*":
            yield f"{resource.display_name}: {'.'.join(path)} is *, which allows everything"
