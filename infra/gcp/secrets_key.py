"""Check, before any resource is created, that GKE may use the key of gcp.secretsKey.

The program does not grant it: the key is the user's own, often of another project and administrator, and the grant is
GKE's for all clusters of the project. Were it a resource, the destroy of one stack would take it from the others.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pulumi

from infra.gcp.cloud_context import project_number_command
from infra.gcp.google_api import ApiError, Google
from infra.settings.gcp_settings import GkeClusterSettings

ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_ENOUGH = {ROLE, "roles/cloudkms.cryptoOperator"}
_CUSTOM = ("projects/", "organizations/")
"""Beginnings of the names of custom roles, whose permissions are not looked up."""


class SecretsKeyError(pulumi.RunError):
    """GKE may not use the key, or there is none."""


class KeyQueries(Protocol):
    """Questions to Google; each raises ApiError, OSError or ValueError if it is not answered."""

    def project_number(self, project: str) -> str:
        """Return the number of a project."""
        ...

    def bindings(self, resource: str) -> Sequence[Mapping[str, Any]]:
        """Return the IAM bindings of a key, a key ring or a project, by its full name."""
        ...


class CloudKms:
    """Google's APIs, queried as the signed-in user."""

    def __init__(self, env: Mapping[str, str], *, project: str) -> None:
        self._env, self._project = env, project

    def project_number(self, project: str) -> str:
        """Implement KeyQueries.project_number; needs resourcemanager.projects.get."""
        return str(self._google(self._project).get("cloudresourcemanager", f"v1/projects/{project}")["projectNumber"])

    def bindings(self, resource: str) -> Sequence[Mapping[str, Any]]:
        """Implement KeyQueries.bindings; needs getIamPolicy of each, such as by roles/iam.securityReviewer."""
        owner = resource.split("/")[1]
        if resource.count("/") == 1:
            found = self._google(self._project).post("cloudresourcemanager", f"v1/{resource}:getIamPolicy", {})
        else:
            # Cloud KMS is enabled in the key's project, and perhaps not in the cluster's.
            found = self._google(owner).get("cloudkms", f"v1/{resource}:getIamPolicy")
        return found.get("bindings", [])

    def _google(self, project: str) -> Google:
        return Google.signed_in(self._env, project=project)


def require_key_grant(cluster: GkeClusterSettings, *, queries: KeyQueries) -> None:
    """Do nothing where GKE may use the key, or the settings name none; warn where that cannot be found out.

    Raises SecretsKeyError, with the command that grants it, where GKE may not; also if there is no such key.
    """
    key, number = cluster.secrets_key, project_number_command(cluster.project)
    if key is None:
        return
    problem: Exception | None
    try:
        number = queries.project_number(cluster.project)
        granted, problem = _find_grant(key, _agent(number), queries)
    except (ApiError, OSError, ValueError, KeyError) as error:
        granted, problem = False, error
    if granted:
        return
    remedy = (
        f"Grant it: gcloud services enable container.googleapis.com --project {cluster.project} && "
        f"gcloud kms keys add-iam-policy-binding {key} --member {_agent(number)} --role {ROLE}"
    )
    if problem is None:
        raise SecretsKeyError(f"gcp.secretsKey: GKE may not use {key}, so nothing is created. {remedy}")
    pulumi.log.warn(f"cannot check that GKE may use {key} ({problem}). If the cluster cannot be created: {remedy}")


def _find_grant(key: str, member: str, queries: KeyQueries) -> tuple[bool, Exception | None]:
    """Look for a grant in the policies of the key, and of its key ring and project, from which it would be inherited.

    Returns whether there is one, and why a policy could not be read. Raises SecretsKeyError if there is no such key.
    """
    problem: Exception | None = None
    for resource in (key, key.partition("/cryptoKeys/")[0], "/".join(key.split("/")[:2])):
        try:
            bindings = queries.bindings(resource)
        except ApiError as error:
            if error.not_found and resource == key:
                raise SecretsKeyError(f"gcp.secretsKey: there is no key {key} (gcloud kms keys list)") from None
            problem = problem or error
            continue
        if any(member in binding.get("members", []) and _suffices(binding) for binding in bindings):
            return True, None
    return False, problem


def _suffices(binding: Mapping[str, Any]) -> bool:
    role = str(binding.get("role"))
    return role in _ENOUGH or role.startswith(_CUSTOM)


def _agent(number: str) -> str:
    """GKE's service agent in the project of this number, which exists as soon as its API is enabled."""
    return f"serviceAccount:service-{number}@container-engine-robot.iam.gserviceaccount.com"
