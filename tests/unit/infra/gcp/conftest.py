from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pytest

from infra.gcp.secrets_key import KeyQueries
from infra.program import deploy
from infra.settings.stack_settings import Settings
from tests.unit.infra.recording_monitor import Answers, Made, run

NEEDED = {
    "gcp.project": "my-lab",
    "budget.billingAccount": "01AB23-45CD67-89EF01",
    "budget.emails": '["me@example.com", "you@example.com"]',
}
EVERYTHING = {
    **NEEDED,
    "load.source": "nclt:2012-11-16",
    "gcp.secretsKey": "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k",
    "guard.deleteAfterDays": "30",
}
"""Settings of a stack with every optional part."""
TOKEN = "token-of-a-user"
DIGEST = "sha256:" + "ab" * 32
AUTHORITY = "LS0tLS1CRUdJTg=="


class Google(Answers):
    """Outputs of Google's resources and functions that the program uses."""

    def new_resource(self, args: Any) -> tuple[str | None, dict[Any, Any]]:
        id_, outputs = super().new_resource(args)
        if args.typ == "gcp:container/cluster:Cluster":
            outputs |= {
                "endpoint": "203.0.113.9",
                "masterAuth": {"clusterCaCertificate": AUTHORITY, **args.inputs.get("masterAuth", {})},
                "controlPlaneEndpointsConfig": {
                    "dnsEndpointConfig": {"endpoint": "gke-abc.us-central1-a.gke.goog", "allowExternalTraffic": True}
                },
            }
        if args.typ == "gcp:serviceaccount/account:Account":
            email = f"{args.inputs['accountId']}@my-lab.iam.gserviceaccount.com"
            outputs |= {
                "email": email,
                "member": f"serviceAccount:{email}",
                "name": f"projects/my-lab/serviceAccounts/{email}",
            }
        if args.typ == "gcp:cloudfunctionsv2/function:Function":
            outputs["serviceConfig"] = {**outputs["serviceConfig"], "uri": f"https://{args.name}.run.app"}
        if args.typ == "gcp:projects/iAMCustomRole:IAMCustomRole":
            outputs["name"] = f"projects/my-lab/roles/{args.inputs['roleId']}"
        if args.typ == "gcp:projects/serviceIdentity:ServiceIdentity":
            outputs["email"] = (
                f"service-123456789@gcp-sa-{args.inputs['service'].partition('.')[0]}.iam.gserviceaccount.com"
            )
            outputs["member"] = f"serviceAccount:{outputs['email']}"
        if args.typ == "pulumi-python:dynamic/sluice:FunctionTrial":
            outputs["replacements"] = dict.fromkeys(args.inputs["functions"], "0")
        if args.typ == "docker-build:index:Image":
            outputs["ref"] = f"{args.inputs['tags'][0]}@{DIGEST}"
        return id_, outputs

    def call(self, args: Any) -> Any:
        if args.token == "gcp:organizations/getProject:getProject":
            return {"number": "123456789", "projectId": args.args["projectId"], "id": "projects/my-lab"}
        if args.token == "gcp:organizations/getClientConfig:getClientConfig":
            return {"accessToken": TOKEN, "id": "x", "project": "my-lab", "region": "", "zone": "", "defaultLabels": {}}
        return super().call(args)


@dataclass(frozen=True, kw_only=True)
class Billing:
    """Answers of Cloud Billing: every permission or none, the currency, and the account of the project."""

    granted_all: bool = True
    in_currency: str = "USD"
    paid_by: str = NEEDED["budget.billingAccount"]

    def granted(self, account: str, permissions: Sequence[str]) -> Sequence[str]:
        return permissions if self.granted_all else []

    def currency(self, account: str) -> str:
        return self.in_currency

    def account_of(self, project: str) -> str:
        return self.paid_by


class GrantedKeys:
    """Answers of Google for a key that GKE may use."""

    def project_number(self, project: str) -> str:
        return "123456789"

    def bindings(self, resource: str) -> Sequence[Mapping[str, Any]]:
        agent = "serviceAccount:service-123456789@container-engine-robot.iam.gserviceaccount.com"
        return [{"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": [agent]}]


def cloud(
    settings: Mapping[str, str],
    *,
    granted: bool = True,
    billing: Billing | None = None,
    keys: KeyQueries | None = None,
    exported: dict[str, Any] | None = None,
    stack: str = "test",
) -> list[Made]:
    """Everything that the program requests from the engine for these settings."""
    from infra.gcp_program import deploy_on_google  # noqa: PLC0415 seconds, for the tests that need it

    parsed = Settings.parse(settings)
    assert parsed.gcp
    gcp = parsed.gcp
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi, "export", (exported if exported is not None else {}).__setitem__)
        return run(
            lambda: deploy_on_google(
                parsed,
                gcp,
                deploy=deploy,
                billing=billing or Billing(granted_all=granted),
                keys=keys or GrantedKeys(),
            ),
            answers=Google(),
            stack=stack,
        )


@pytest.fixture(scope="session")
def made() -> list[Made]:
    """Everything that the program creates on Google Cloud."""
    return cloud(EVERYTHING)


def only(made: list[Made], kind: str, name: str | None = None) -> Made:
    (found,) = (entry for entry in made if entry.kind == kind and not entry.is_component and name in (None, entry.name))
    return found
