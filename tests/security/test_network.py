"""Every port of every pod and Service of a cluster, tried from each pod of the pipeline and from strangers.

Only the flows of infra/workloads/network_policies.py may connect. Needs a cluster: `--target kind`.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.workloads import network_policies
from infra.workloads.network_policies import API_SERVER, Flow
from sluice.cluster.target import is_cluster, kubectl_context
from sluice.cluster.toolbox_pod import NAMESPACE
from tests.kubectl import Kubectl
from tests.run_sluice import wait_for
from tests.security.network.expected_flows import ELSEWHERE, Target, problems, targets
from tests.security.network.probe_pods import probe_pods, sources, try_from

_SETTLE_SECONDS = 120
"""A network plugin needs some time until a new pod's policies hold."""


@pytest.fixture
def kubectl(target: str) -> Kubectl:
    if not is_cluster(target):
        pytest.skip(f"there are network policies on a cluster only; the target is {target}")
    return Kubectl(context=kubectl_context(target), namespace=NAMESPACE)


def flows_of(kubectl: Kubectl) -> list[Flow]:
    """Return the flows of this cluster, with that of the collection of metrics if it has one."""
    collector = kubectl.run("get", "podmonitoring", "connect-metrics").returncode == 0
    return list(network_policies.flows(collector=collector))


def targets_of(kubectl: Kubectl, flows: list[Flow]) -> list[Target]:
    objects = json.loads(kubectl.run_checked("get", "pods,services", "--output", "json"))["items"]
    server = kubectl.run_checked("get", "service", "kubernetes", "--namespace", "default", "--output", "json")
    host = json.loads(server)["spec"]["clusterIP"]
    return [
        *targets(objects, flows),
        Target(name="API server", party=API_SERVER, host=host, port=443, pod_port=443),
    ]


def tried_by(source: str, addresses: list[Target]) -> list[Target]:
    """Return what a source tries: the API server is not ours to close to other namespaces."""
    return [address for address in addresses if (source, address.party) != (ELSEWHERE, API_SERVER)]


def test_only_the_flows_connect(kubectl: Kubectl) -> None:
    flows = flows_of(kubectl)
    addresses = targets_of(kubectl, flows)
    found: list[str] = []

    def nothing_is_wrong() -> bool:
        with ThreadPoolExecutor(max_workers=4) as pool:
            tried = pool.map(lambda source: try_from(source, pods[source], tried_by(source, addresses)), pods)
            found[:] = problems([attempt for attempts in tried for attempt in attempts], flows)
        return not found

    with probe_pods(kubectl, sources(flows)) as pods:
        try:
            wait_for(nothing_is_wrong, seconds=_SETTLE_SECONDS)
        except AssertionError:
            pytest.fail("\n".join(found))


def test_no_other_policy_opens_a_port(kubectl: Kubectl) -> None:
    """Policies add up: one that the program did not make may open what it refuses."""
    listed = json.loads(kubectl.run_checked("get", "networkpolicies", "--output", "json"))["items"]
    others = [
        entry["metadata"]["name"]
        for entry in listed
        if entry["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") != "pulumi"
    ]
    assert not others
