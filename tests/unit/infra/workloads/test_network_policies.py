"""Network policies: exactly the flows, and nothing open to the world."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.workloads import network_policies
from infra.workloads.network_policies import API_SERVER, METADATA, WEB
from tests.unit.infra.created_objects import objects, pod_templates
from tests.unit.infra.recording_monitor import Made


def test_nothing_is_open_to_the_world(made: list[Made]) -> None:
    for entry in objects(made):
        if entry.kind == "Service":
            assert entry.plain["spec"]["type"] == "ClusterIP"
        if entry.kind == "Kafka":
            assert {listener["type"] for listener in entry.plain["spec"]["kafka"]["listeners"]} == {"internal"}
        assert entry.kind not in ("Ingress", "Gateway")


def test_network_policies_are_the_flows_and_no_more(made: list[Made]) -> None:
    policies = {entry.metadata["name"]: entry.plain["spec"] for entry in made if entry.kind == "NetworkPolicy"}
    assert policies.pop("default-deny") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    policies.pop("allow-dns")
    parties = {frozenset(labels.items()): name for name, labels in network_policies.PODS.items()}
    into, out_of = set[tuple[str, str, int]](), set[tuple[str, str, int]]()
    for spec in policies.values():
        own = parties[frozenset(spec["podSelector"]["matchLabels"].items())]
        into |= {(other, own, port) for other, port in _ends(spec.get("ingress", []), "from", parties)}
        out_of |= {(own, other, port) for other, port in _ends(spec.get("egress", []), "to", parties)}
    flows = network_policies.flows(collector=False)
    allowed = {(flow.source, flow.target, port) for flow in flows for port in flow.ports}
    outside = {(source, target, port) for source, target, port in allowed if target not in network_policies.PODS}
    assert into == allowed - outside
    named = {API_SERVER: "", WEB: "", METADATA: "169.254.169.254/32, 169.254.169.252/32"}
    assert out_of == (allowed - outside) | {(source, named[target], port) for source, target, port in outside}


def test_every_kind_of_cluster_dns_is_allowed(made: list[Made]) -> None:
    (spec,) = (entry.plain["spec"] for entry in made if entry.kind == "NetworkPolicy" and entry.name == "allow-dns")
    (rule,) = spec["egress"]
    assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {("UDP", 53), ("TCP", 53)}
    pods, *addresses = rule["to"]
    assert pods["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
    # kind and most others; GKE's cache on each node, which it has by default.
    (labels,) = pods["podSelector"]["matchExpressions"]
    assert labels == {"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}
    assert [peer["ipBlock"]["cidr"] for peer in addresses] == ["169.254.20.10/32", "169.254.169.254/32"]


def _ends(rules: list[Any], key: str, parties: Mapping[frozenset[tuple[str, str]], str]) -> Iterator[tuple[str, int]]:
    for rule in rules:
        peers = rule.get(key, [])
        blocks = ", ".join(peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer)
        pods = [
            parties[frozenset(peer["podSelector"]["matchLabels"].items())] for peer in peers if "podSelector" in peer
        ]
        for end in pods or [blocks]:
            for port in rule["ports"]:
                yield end, int(port["port"])


FORMERLY_STRIMZIS = {
    # io.strimzi's KafkaCluster, KafkaConnectCluster: generateNetworkPolicy of 1.x, for what this stack has of it
    ("kafka", "kafka", 9090),
    ("operator", "kafka", 9090),
    ("operator", "kafka", 9091),
    ("kafka", "kafka", 9091),
    ("entity-operator", "kafka", 9091),
    ("operator", "kafka", 8443),
    ("connect", "connect", 8083),
    ("operator", "connect", 8083),
}
"""Connections that Strimzi's own policies allowed between its parts, and that these still need."""


def test_flows_have_what_strimzis_own_policies_allowed_its_parts() -> None:
    flows = network_policies.flows(collector=False)
    assert {(flow.source, flow.target, port) for flow in flows for port in flow.ports} >= FORMERLY_STRIMZIS


def test_metrics_are_open_only_to_the_collection_of_gke() -> None:
    def openings(*, collector: bool) -> list[Any]:
        specs: Any = network_policies.policies(api_server_cidrs=[], collector=collector)
        return [
            (name, rule["from_"])
            for name, spec in specs.items()
            for rule in spec.get("ingress", [])
            if any(port["port"] == network_policies.METRICS_PORT for port in rule["ports"])
        ]

    assert openings(collector=False) == []
    collection = {
        "namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": "gmp-system"}},
        "pod_selector": {"match_labels": {"app.kubernetes.io/name": "collector"}},
    }
    assert openings(collector=True) == [("allow-connect", [collection])]


def test_brokers_leave_their_clients_to_the_network_policies(made: list[Made]) -> None:
    """Strimzi would read networkPolicyPeers for a policy of its own only."""
    (kafka,) = (entry.plain["spec"]["kafka"] for entry in objects(made) if entry.kind == "Kafka")
    (listener,) = kafka["listeners"]
    assert "networkPolicyPeers" not in listener
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "scram-sha-512"}


def test_labels_in_policies_match_those_of_the_pods(made: list[Made]) -> None:
    ours = {name.partition(" ")[2]: template["metadata"]["labels"] for name, template in pod_templates(made)}
    for name, labels in ours.items():
        assert network_policies.PODS[name].items() <= labels.items()
