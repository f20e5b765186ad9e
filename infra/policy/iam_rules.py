"""The rule of who may do what."""

import re
from collections.abc import Iterator, Mapping

from infra.policy.declared_resource import DeclaredResource, at, plain, texts, walk

ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "gcp:cloudfunctionsv2/function:Function": ("serviceConfig", "serviceAccountEmail"),
    "gcp:container/nodePool:NodePool": ("nodeConfig", "serviceAccount"),
}
"""Where what runs code on Google Cloud names its account. Without, it is the default one, often an editor."""
_ROLE = re.compile(r"roles/[\w.]+")
_BROAD = re.compile(
    r"roles/(owner|editor|viewer|browser|writer|reader)"
    r"|roles/(\w+\.)?\w*[aA]dmin\w*(\.\w+)?"
    r"|roles/iam\.serviceAccount(TokenCreator|User)"
)
_BECOMES_ANYBODY = (
    "setIamPolicy",
    ".actAs",
    ".getAccessToken",
    ".implicitDelegation",
    ".signBlob",
    ".signJwt",
    "iam.roles.update",
    "iam.serviceAccountKeys.create",
)
_EVERYBODY = re.compile(r"(.*:)?(allUsers|allAuthenticatedUsers)|public\w*(Read|Write)\w*")


def no_role_is_broad(resource: DeclaredResource) -> Iterator[str]:
    """Nobody gets a role that may do more than its task, and nothing is everybody's."""
    if resource.type.startswith("gcp:"):
        yield from _granted(resource)
        account = ACCOUNTS.get(resource.type)
        if account and not at(resource, *account):
            yield f"{resource.label} names no {'.'.join(account)}: it runs as the default account, often an editor"
    elif resource.type.startswith("kubernetes:rbac.authorization.k8s.io/"):
        yield from _granted_in_cluster(resource)


def _granted(resource: DeclaredResource) -> Iterator[str]:
    for path, text in texts(resource):
        if path[-1] in ("role", "policyData"):
            yield from (
                f"{resource.name} grants {role}, which may do far more"
                for role in _ROLE.findall(text)
                if _BROAD.fullmatch(role)
            )
        if path[0] == "permissions" and (text.endswith(_BECOMES_ANYBODY) or "*" in text):
            yield f"{resource.name} may {text}, and so everything"
        if _EVERYBODY.fullmatch(text):
            yield f"{resource.name} grants {at(resource, 'role') or '.'.join(path)} to {text}"


def _granted_in_cluster(resource: DeclaredResource) -> Iterator[str]:
    if at(resource, "roleRef", "name") == "cluster-admin":
        yield f"{resource.label} grants cluster-admin, which may do everything"
    for path, value in walk(plain(resource.props)):
        if path and path[0] == "rules" and value == "*":
            yield f"{resource.label}: {'.'.join(path)} is *, and so everything"
