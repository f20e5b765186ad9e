"""Network policies: only FLOWS are allowed, everything else is refused both ways. docs/kubernetes.md draws them.

Strimzi creates none of its own (infra/workloads/strimzi_operator.py): they would open the metrics of brokers and
workers (9404) and the entity operator's health checks to every pod of the cluster. Policies add up, so what one allows
no other can refuse. The kubelet's probes need no rule.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pulumi_kubernetes.networking.v1 import (
    NetworkPolicyEgressRuleArgsDict,
    NetworkPolicyIngressRuleArgsDict,
    NetworkPolicyPeerArgsDict,
    NetworkPolicyPortArgsDict,
    NetworkPolicySpecArgsDict,
)

from infra.workloads.workload_context import PART_OF, selector_labels

KAFKA_PORT = 9093
REGISTRY_PORT = 8080
CONNECT_PORT = 8083
"""Connect's REST API, which has no login on a cluster: these policies are its lock."""
METRICS_PORT = 9404
MYSQL_PORT = 3306
REDIS_PORT = 6379
COLLECTOR = "collector"
"""GKE's managed collection of metrics, which runs in a namespace of its own, a pod on each node."""
_COLLECTOR_NAMESPACE = "gmp-system"
_COLLECTOR_LABELS = {"app.kubernetes.io/name": "collector"}
API_SERVER = "api-server"
WEB = "web"
METADATA = "metadata"
"""GKE's metadata server, which gives a pod the credentials of its service account, for buckets."""
_OUTSIDE = {
    # Port of its Service, and of the server itself: network plugins differ in which of the two they see.
    API_SERVER: (443, 6443),
    WEB: (80, 443),
    # Before and after the node's address translation: Dataplane V2 applies policies before it, others after.
    METADATA: (80, 988),
}
_METADATA_ADDRESSES = ("169.254.169.254/32", "169.254.169.252/32")
_NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""Label that Kubernetes gives each namespace."""
_DNS_PORT = 53
# A cache on each node is GKE's default; with Dataplane V2 its pods are what a policy sees in place of kube-dns.
_DNS_PODS = ("kube-dns", "node-local-dns")
# That cache where it is reached by an address, and Cloud DNS.
_DNS_ADDRESSES = ("169.254.20.10/32", "169.254.169.254/32")


def _strimzi(name: str) -> dict[str, str]:
    return {"strimzi.io/cluster": PART_OF, "strimzi.io/name": f"{PART_OF}-{name}"}


PODS: Mapping[str, Mapping[str, str]] = {
    "operator": {"strimzi.io/kind": "cluster-operator"},
    "kafka": _strimzi("kafka"),
    "entity-operator": _strimzi("entity-operator"),
    "connect": _strimzi("connect"),
    **{name: selector_labels(name) for name in ("registry", "mysql", "redis", "load", "proof", "toolbox")},
}
"""Labels of the pods of each end of a flow."""


@dataclass(frozen=True)
class Flow:
    """Allowed connections: from pods of `source` to these TCP ports of `target`."""

    source: str
    target: str
    ports: tuple[int, ...]


_SLUICE_SERVERS = (
    ("kafka", KAFKA_PORT),
    ("registry", REGISTRY_PORT),
    ("connect", CONNECT_PORT),
    ("mysql", MYSQL_PORT),
    ("redis", REDIS_PORT),
)
"""Servers that the `sluice` command connects to."""
FLOWS: Sequence[Flow] = (
    *(Flow(source, API_SERVER, _OUTSIDE[API_SERVER]) for source in ("operator", "entity-operator", "kafka", "connect")),
    Flow("operator", "kafka", (9090, 9091, 8443)),
    Flow("operator", "connect", (CONNECT_PORT,)),
    Flow("kafka", "kafka", (9090, 9091)),
    Flow("entity-operator", "kafka", (9091,)),
    Flow("connect", "kafka", (KAFKA_PORT,)),
    Flow("connect", "connect", (CONNECT_PORT,)),
    Flow("connect", "registry", (REGISTRY_PORT,)),
    Flow("connect", "mysql", (MYSQL_PORT,)),
    Flow("connect", "redis", (REDIS_PORT,)),
    Flow("registry", "kafka", (KAFKA_PORT,)),
    Flow("load", "kafka", (KAFKA_PORT,)),
    Flow("load", "registry", (REGISTRY_PORT,)),
    # A source can be on the web, or in a bucket.
    *(Flow(source, to, _OUTSIDE[to]) for source in ("load", "proof", "toolbox") for to in (WEB, METADATA)),
    *(Flow(source, target, (port,)) for source in ("proof", "toolbox") for target, port in _SLUICE_SERVERS),
)
_COLLECTOR: Sequence[Flow] = (Flow(COLLECTOR, "connect", (METRICS_PORT,)),)


def flows(*, collector: bool) -> Sequence[Flow]:
    """Return every allowed flow; that of GKE's collection of metrics only where it is on."""
    return (*FLOWS, *(_COLLECTOR if collector else ()))


def policies(*, api_server_cidrs: Sequence[str], collector: bool) -> Mapping[str, NetworkPolicySpecArgsDict]:
    """Every policy by its name: refuse all, allow DNS, and one per party with its flows."""
    allowed = flows(collector=collector)
    parties = {party for flow in allowed for party in (flow.source, flow.target)} & PODS.keys()
    return {
        "default-deny": {"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
        "allow-dns": {"pod_selector": {}, "policy_types": ["Egress"], "egress": [_dns()]},
        **{
            f"allow-{party}": _policy(
                party,
                ingress=[_ingress(flow) for flow in allowed if flow.target == party],
                egress=[_egress(flow, api_server_cidrs) for flow in allowed if flow.source == party],
            )
            for party in sorted(parties)
        },
    }


def _policy(
    party: str, *, ingress: list[NetworkPolicyIngressRuleArgsDict], egress: list[NetworkPolicyEgressRuleArgsDict]
) -> NetworkPolicySpecArgsDict:
    """A policy without empty lists: the API server drops them, and each `up --refresh` would add them again."""
    spec: NetworkPolicySpecArgsDict = {
        "pod_selector": {"match_labels": dict(PODS[party])},
        "policy_types": ["Ingress", "Egress"],
    }
    if ingress:
        spec["ingress"] = ingress
    if egress:
        spec["egress"] = egress
    return spec


def _ingress(flow: Flow) -> NetworkPolicyIngressRuleArgsDict:
    return {"from_": [_pods(flow.source)], "ports": _ports(flow.ports)}


def _egress(flow: Flow, api_server_cidrs: Sequence[str]) -> NetworkPolicyEgressRuleArgsDict:
    if flow.target in PODS:
        return {"to": [_pods(flow.target)], "ports": _ports(flow.ports)}
    if flow.target == API_SERVER and api_server_cidrs:
        return {"to": [{"ip_block": {"cidr": cidr}} for cidr in api_server_cidrs], "ports": _ports(flow.ports)}
    if flow.target == METADATA:
        return {"to": [{"ip_block": {"cidr": cidr}} for cidr in _METADATA_ADDRESSES], "ports": _ports(flow.ports)}
    return {"ports": _ports(flow.ports)}


def _pods(party: str) -> NetworkPolicyPeerArgsDict:
    if party == COLLECTOR:
        return {
            "namespace_selector": {"match_labels": {_NAMESPACE_NAME: _COLLECTOR_NAMESPACE}},
            "pod_selector": {"match_labels": _COLLECTOR_LABELS},
        }
    return {"pod_selector": {"match_labels": dict(PODS[party])}}


def _ports(ports: Iterable[int], *, protocol: str = "TCP") -> list[NetworkPolicyPortArgsDict]:
    return [{"port": port, "protocol": protocol} for port in ports]


def _dns() -> NetworkPolicyEgressRuleArgsDict:
    """Egress to DNS: the cluster's DNS pods, a cache on each node, or a link-local address of the node."""
    servers: NetworkPolicyPeerArgsDict = {
        "namespace_selector": {"match_labels": {_NAMESPACE_NAME: "kube-system"}},
        "pod_selector": {"match_expressions": [{"key": "k8s-app", "operator": "In", "values": list(_DNS_PODS)}]},
    }
    nodes: list[NetworkPolicyPeerArgsDict] = [{"ip_block": {"cidr": cidr}} for cidr in _DNS_ADDRESSES]
    return {"to": [servers, *nodes], "ports": [*_ports([_DNS_PORT], protocol="UDP"), *_ports([_DNS_PORT])]}
