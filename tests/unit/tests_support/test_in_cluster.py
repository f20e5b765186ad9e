"""Tests of the Job that runs the tests in a cluster, and of its administrator accounts."""

import json
from dataclasses import dataclass, field

import pytest

from infra.workloads.network_policies import PODS
from producer.runtime.exit_status import SluiceError
from tests.administrator import USER, VARIABLES
from tests.cluster_test_accounts import JOB, MADE_BY, administrator_accounts, objects
from tests.in_cluster import DEADLINE_SECONDS, job_like
from tests.kubectl import Kubectl

SECURITY = {"readOnlyRootFilesystem": True}
DEPLOYMENT = {
    "spec": {
        "template": {
            "metadata": {"labels": {"app.kubernetes.io/name": "toolbox"}},
            "spec": {
                "restartPolicy": "Always",
                "containers": [
                    {
                        "name": "toolbox",
                        "image": "toolbox:1",
                        "command": ["sleep", "infinity"],
                        "env": [{"name": "SLUICE_CONNECT_URL", "value": "http://connect"}],
                        "securityContext": SECURITY,
                    }
                ],
            },
        }
    }
}


def test_job_has_the_toolbox_pod_with_the_tests_image() -> None:
    job = job_like(DEPLOYMENT, image="tests:1", arguments=["tests/pipeline", "--target", "external"])
    template = job["spec"]["template"]
    (container,) = template["spec"]["containers"]
    # The same labels: network policies let the toolbox reach the brokers and stores.
    assert template["metadata"]["labels"] == {"app.kubernetes.io/name": "toolbox"}
    assert container["image"] == "tests:1"
    assert container["command"][-3:] == ["tests/pipeline", "--target", "external"]
    assert {"name": "SLUICE_CONNECT_URL", "value": "http://connect"} in container["env"]
    assert container["securityContext"] == SECURITY
    assert template["spec"]["restartPolicy"] == "Never"
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["activeDeadlineSeconds"] == DEADLINE_SECONDS
    # Unlike the toolbox, it may use the API server.
    assert template["spec"]["serviceAccountName"] == USER
    assert template["spec"]["automountServiceAccountToken"] is True


def test_job_has_all_variables_of_the_administrator() -> None:
    job = job_like(DEPLOYMENT, image="tests:1", arguments=[])
    (container,) = job["spec"]["template"]["spec"]["containers"]
    references = {
        entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in container["env"] if "valueFrom" in entry
    }
    assert references.keys() == VARIABLES.keys()


def test_administrator_has_few_rights_and_no_label_of_the_product() -> None:
    made = objects("secret")
    assert all(MADE_BY.items() <= entry["metadata"]["labels"].items() for entry in made)
    (policy,) = (entry["spec"] for entry in made if entry["kind"] == "NetworkPolicy")
    # Egress for the tests' pod alone: it selects no label of the product, and allows no ingress.
    assert policy["podSelector"]["matchLabels"] == {"job-name": JOB}
    assert policy["policyTypes"] == ["Egress"]
    assert not any("job-name" in labels for labels in PODS.values())
    (role,) = (entry for entry in made if entry["kind"] == "Role")
    assert not any(word in json.dumps(role["rules"]) for word in ("*", "secrets", "exec"))


@dataclass(frozen=True, kw_only=True)
class RecordingKubectl(Kubectl):
    """Records each call, as arguments and standard input; those with the verb `failing` fail."""

    context: str = "kind-sluice"
    namespace: str = "sluice"
    failing: str = ""
    calls: list[tuple[tuple[str, ...], str]] = field(default_factory=list[tuple[tuple[str, ...], str]])

    def run_checked(self, *arguments: str, stdin: str | None = None) -> str:
        self.calls.append((arguments, stdin or ""))
        if arguments[0] == self.failing:
            raise SluiceError("refused")
        return ""

    @property
    def verbs(self) -> list[str]:
        return [arguments[0] for arguments, _ in self.calls]


def test_administrator_is_deleted_after_an_interrupt() -> None:
    kubectl = RecordingKubectl()

    def interrupted() -> None:
        with administrator_accounts(kubectl):
            assert kubectl.verbs == ["apply", "exec", "wait"]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert kubectl.verbs[3:] == ["delete", "exec", "delete"]
    assert "DROP USER IF EXISTS 'tests'" in kubectl.calls[-2][1]
    made, removed = (json.loads(kubectl.calls[place][1])["items"] for place in (0, -1))
    assert made == removed
    (password,) = (entry["stringData"]["password"] for entry in made if entry["kind"] == "Secret")
    assert not any(password in word for arguments, _ in kubectl.calls for word in arguments)


def test_administrator_is_deleted_if_creating_it_fails() -> None:
    kubectl = RecordingKubectl(failing="exec")
    with pytest.raises(SluiceError, match="refused"), administrator_accounts(kubectl):
        pytest.fail("it has no rights")
    assert kubectl.verbs == ["apply", "exec", "delete", "exec", "delete"]
