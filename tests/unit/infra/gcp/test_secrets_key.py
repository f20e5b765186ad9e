"""GKE's right to use the key of gcp.secretsKey: asked before anything is created."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
import pytest

from infra.gcp.google_api import ENDPOINT, ApiError
from infra.gcp.secrets_key import ROLE, CloudKms, SecretsKeyError, require_key_grant
from infra.settings.declared_settings import ROOT
from infra.settings.gcp_settings import GkeClusterSettings
from infra.settings.stack_settings import Settings
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.conftest import EVERYTHING, NEEDED, cloud

PROJECT = "projects/keys"
RING = f"{PROJECT}/locations/us-central1/keyRings/r"
KEY = f"{RING}/cryptoKeys/k"
AGENT = "serviceAccount:service-42@container-engine-robot.iam.gserviceaccount.com"
COMMAND = f"gcloud kms keys add-iam-policy-binding {KEY} --member {AGENT} --role {ROLE}"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Answers of Google: the roles that GKE's agent has on each resource, and the resources that may not be read."""

    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    refused: Mapping[str, int] = field(default_factory=dict[str, int])

    def project_number(self, project: str) -> str:
        if project in self.refused:
            raise ApiError("no", code=self.refused[project])
        return "42"

    def bindings(self, resource: str) -> Sequence[Mapping[str, Any]]:
        if resource in self.refused:
            raise ApiError("no", code=self.refused[resource])
        other = {"role": ROLE, "members": ["user:me@example.com"]}
        return [other, {"role": self.roles[resource], "members": [AGENT]}] if resource in self.roles else [other]


def cluster(key: str | None = KEY) -> GkeClusterSettings:
    gcp = Settings.parse(NEEDED).gcp
    assert gcp
    return replace(gcp.cluster, secrets_key=key)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    return said


@pytest.mark.parametrize("resource", [KEY, RING, PROJECT])
@pytest.mark.parametrize("role", [ROLE, "roles/cloudkms.cryptoOperator", "projects/keys/roles/own"])
def test_a_grant_may_be_inherited(resource: str, role: str, warnings: list[str]) -> None:
    unread = {other: 403 for other in (KEY, RING, PROJECT) if other != resource}
    require_key_grant(cluster(), queries=Answers(roles={resource: role}, refused=unread))
    assert warnings == []


@pytest.mark.parametrize("roles", [{}, {KEY: "roles/cloudkms.viewer"}])
def test_without_a_grant_nothing_is_created_and_the_command_is_said(roles: Mapping[str, str]) -> None:
    with pytest.raises(SecretsKeyError, match="nothing is created") as caught:
        require_key_grant(cluster(), queries=Answers(roles=roles))
    assert COMMAND in str(caught.value)


def test_a_key_that_does_not_exist_is_named() -> None:
    with pytest.raises(SecretsKeyError, match=f"there is no key {KEY}"):
        require_key_grant(cluster(), queries=Answers(refused={KEY: 404}))


@pytest.mark.parametrize("refused", [{PROJECT: 403}, {KEY: 403, RING: 403, PROJECT: 403}])
def test_what_may_not_be_read_is_only_a_warning_with_the_command(refused: dict[str, int], warnings: list[str]) -> None:
    require_key_grant(cluster(), queries=Answers(refused=refused))
    (said,) = warnings
    assert COMMAND in said


def test_command_works_without_the_projects_number(warnings: list[str]) -> None:
    require_key_grant(cluster(), queries=Answers(refused={"my-lab": 403}))
    (said,) = warnings
    assert "service-$(gcloud projects describe my-lab --format 'value(projectNumber)')@container-engine-robot" in said


def test_without_a_key_nothing_is_asked() -> None:
    require_key_grant(cluster(None), queries=Answers(refused={"my-lab": 403}))


def test_program_stops_before_it_creates_anything() -> None:
    with pytest.raises(SecretsKeyError):
        cloud({**EVERYTHING, "gcp.secretsKey": KEY}, keys=Answers())


def test_googles_apis_are_asked_for_each_policy() -> None:
    with serving(lambda _: (200, {"projectNumber": "42"})) as google, pytest.raises(SecretsKeyError):
        require_key_grant(cluster(), queries=CloudKms({ENDPOINT: google.url}, project="my-lab"))
    assert [f"{request.method} {request.path}" for request in google.requests] == [
        "GET /cloudresourcemanager/v1/projects/my-lab",
        f"GET /cloudkms/v1/{KEY}:getIamPolicy",
        f"GET /cloudkms/v1/{RING}:getIamPolicy",
        f"POST /cloudresourcemanager/v1/{PROJECT}:getIamPolicy",
    ]


def test_page_has_the_command() -> None:
    page = (ROOT / "docs/gke.md").read_text()
    command = COMMAND.replace(KEY, "KEY").replace("service-42@", "service-NUMBER@")
    assert re.search(rf"^{re.escape(command)}$", page, re.MULTILINE)
