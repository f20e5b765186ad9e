"""`pulumi destroy` after the guard has stopped the nodes, when API services that run on nodes do not answer."""

from collections.abc import Generator
from pathlib import Path

import pytest

from infra.gcp.namespace_deletion import skip_deletion_wait
from infra.program import deploy, kubernetes_provider
from infra.settings.stack_settings import Settings
from infra.workloads.target_cluster import TargetCluster
from tests.cluster.api_client import Api
from tests.cluster.deployment import Cluster, deployment
from tests.run_sluice import wait_for

ROOT = Path(__file__).resolve().parents[2]
SPACE = "at-zero"
SERVICE = {"name": "metrics-server", "namespace": "kube-system"}
REGISTERED = ("apiregistration.k8s.io/v1", "APIService", "v1beta1.metrics.k8s.io")


@pytest.fixture
def unanswered(cluster: Cluster) -> Generator[Api]:
    """Register metrics.k8s.io as an API service on a node, as on GKE, while there is no node; yield the API."""
    api = cluster.api
    api.apply({"apiVersion": "v1", "kind": "Service", "metadata": SERVICE, "spec": {"ports": [{"port": 443}]}})
    version, kind, name = REGISTERED
    spec = {
        "group": "metrics.k8s.io",
        "version": "v1beta1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": SERVICE,
    }
    api.apply({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec})
    wait_for(lambda: _availability(api) == "False")
    yield api
    api.delete(*REGISTERED, seconds=None)
    api.delete("v1", "Service", **SERVICE, seconds=None)
    # Later tests need it gone.
    wait_for(lambda: api.read("v1", "Namespace", SPACE) is None)


def _availability(api: Api) -> str | None:
    conditions = ((api.read(*REGISTERED) or {}).get("status") or {}).get("conditions", [])
    return next((entry["status"] for entry in conditions if entry["type"] == "Available"), None)


def _program() -> None:
    settings = Settings.read_stack()
    deploy(settings, provider=kubernetes_provider(settings), target=TargetCluster(transformations=[skip_deletion_wait]))


def test_destroy_does_not_wait_for_the_namespace(cluster: Cluster, unanswered: Api, tmp_path: Path) -> None:
    settings = {"kubeContext": "tests", "namespace": SPACE}
    with deployment(cluster, _program, folder=tmp_path, name="kind", settings_from=ROOT, settings=settings) as made:
        made.stack.up()
        assert unanswered.list("v1", "PersistentVolumeClaim", namespace=SPACE)
        assert "Namespace namespace" in made.stack.destroy().labels("delete")
        assert made.stack.state() == []
    # The namespace cannot be deleted, but everything in it is, PersistentVolumeClaims included.
    assert _why_it_stays(unanswered) == "DiscoveryFailed"
    wait_for(lambda: unanswered.list("v1", "PersistentVolumeClaim", namespace=SPACE) == [])
    assert unanswered.list("v1", "Pod", namespace=SPACE) == []


def _why_it_stays(api: Api) -> str | None:
    def reason() -> str | None:
        space = api.read("v1", "Namespace", SPACE)
        assert space
        conditions = space["status"].get("conditions", [])
        return next((entry["reason"] for entry in conditions if entry["status"] == "True"), None)

    wait_for(lambda: reason() is not None)
    return reason()
