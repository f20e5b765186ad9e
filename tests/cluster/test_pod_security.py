"""violations(): workloads that a namespace with the restricted Pod Security Standard refuses."""

from typing import Any

import pytest

from infra.workloads.network_policies import flows
from tests.cluster.api_client import Api
from tests.cluster.deployment import Cluster
from tests.cluster.pod_security import violations
from tests.run_sluice import wait_for
from tests.security.network.probe_pods import manifest, sources

GOOD: dict[str, Any] = {
    "containers": [
        {
            "name": "main",
            "image": "main:1",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "restartPolicy": "Never",
}
ROOT = GOOD | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}


@pytest.fixture
def space(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace for one test; deleted with the control plane."""
    name = request.node.name.replace("_", "-")[:60].rstrip("-")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    return name


def job(api: Api, space: str, name: str, pod: dict[str, Any]) -> None:
    spec = {"template": {"spec": pod}}
    api.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": space}, "spec": spec})


def test_a_restricted_pod_is_let_in(cluster: Cluster, space: str) -> None:
    job(cluster.api, space, "good", GOOD)
    assert violations(cluster.api, namespace=space) == []


def test_a_root_pod_is_refused_by_workload_and_reason(cluster: Cluster, space: str) -> None:
    job(cluster.api, space, "good", GOOD)
    job(cluster.api, space, "root", ROOT)
    (found,) = violations(cluster.api, namespace=space)
    assert found.startswith("Job root: ")
    assert "runAsNonRoot != true" in found


def test_a_pod_above_the_limits_is_refused(cluster: Cluster, space: str) -> None:
    limit = {"type": "Container", "max": {"memory": "64Mi"}}
    metadata = {"name": "small", "namespace": space}
    body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": [limit]}}
    cluster.api.apply(body)
    container = GOOD["containers"][0] | {"resources": {"limits": {"memory": "1Gi"}}}
    job(cluster.api, space, "big", GOOD | {"containers": [container]})
    (found,) = violations(cluster.api, namespace=space)
    assert "maximum memory usage per Container is 64Mi" in found


def test_a_namespace_that_enforces_nothing_is_a_violation(cluster: Cluster) -> None:
    (found,) = violations(cluster.api, namespace="default")
    assert "is None, not restricted" in found


def test_pods_that_try_the_network_are_let_in(cluster: Cluster, space: str) -> None:
    """tests/security/test_network.py creates them, in the pipeline's namespace."""
    # As on a cluster, where a controller creates the ServiceAccount.
    wait_for(lambda: cluster.api.read("v1", "ServiceAccount", "default", namespace=space) is not None)
    for source in sources(flows(collector=False)):
        pod = manifest(source, "an/image:1")
        cluster.api.create({**pod, "metadata": {**pod["metadata"], "namespace": space}}, dry_run=True)
