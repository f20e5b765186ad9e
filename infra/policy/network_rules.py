"""The rules of who may reach what from where."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from infra.policy.declared_resource import DeclaredResource, Unknown, at, plain, texts, walk

CLUSTER = "gcp:container/cluster:Cluster"
NODES = "gcp:container/nodePool:NodePool"
FIREWALL = "gcp:compute/firewall:Firewall"
_NOBODYS_BITS = 8  # a network of fewer bits is no one owner's: 0.0.0.0/0, and 0.0.0.0/1 with 128.0.0.0/1
_WAYS_IN = re.compile(r"gcp:compute/.*:(\w*ForwardingRule|\w*Address|Backend\w+|Target\w+Proxy)")
_OUTSIDE = {"kubernetes:": ("hostPort", "hostNetwork"), "gcp:compute/": ("accessConfigs",)}
"""What gives a pod its node's port, and a machine an address outside."""
_INSIDE = ("internal", "cluster-ip")
"""Types of Kafka's listeners that only the cluster reaches."""


def nothing_is_open_to_the_world(resource: DeclaredResource) -> Iterator[str]:
    """No rule anywhere lets every address in, by what it says or by what it leaves out."""
    for path, text in texts(resource):
        if _is_the_world(text):
            yield f"{resource.name}: {'.'.join(path)} lets in {text}"
    if resource.type == FIREWALL and _lets_in_by_default(resource):
        yield f"{resource.name} names no source, and so lets in every address"
    if resource.type == CLUSTER and _is_called_by_anybody(resource):
        yield (
            f"{resource.name}: every address may call the control plane; disable "
            "controlPlaneEndpointsConfig.ipEndpointsConfig or set masterAuthorizedNetworksConfig"
        )


def no_load_balancer(resource: DeclaredResource) -> Iterator[str]:
    """Nothing has an address outside: no load balancer, no address, no open port of a node."""
    if (
        resource.kind in ("Ingress", "Gateway")
        or _WAYS_IN.fullmatch(resource.type)
        or _is_outside_service(resource)
        or _has_outside_port(resource)
        or _has_outside_listener(resource)
    ):
        yield f"{resource.label} is reached from outside"
    if resource.type == CLUSTER and not at(resource, "privateClusterConfig", "enablePrivateNodes"):
        yield f"{resource.label} gives its nodes addresses outside: set privateClusterConfig.enablePrivateNodes"
    if resource.type == NODES and at(resource, "networkConfig", "enablePrivateNodes") is False:
        yield f"{resource.label} gives its nodes addresses outside: leave networkConfig.enablePrivateNodes out"


def _is_the_world(text: str) -> bool:
    if "/" not in text:
        return False
    try:
        return ip_network(text, strict=False).prefixlen < _NOBODYS_BITS
    except ValueError:
        return False


def _lets_in_by_default(firewall: DeclaredResource) -> bool:
    sources = ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    return (
        at(firewall, "direction") != "EGRESS"
        and bool(at(firewall, "allows"))
        and not any(at(firewall, source) for source in sources)
    )


def _is_called_by_anybody(cluster: DeclaredResource) -> bool:
    by_address = at(cluster, "controlPlaneEndpointsConfig", "ipEndpointsConfig", "enabled")
    return by_address in (None, True) and at(cluster, "masterAuthorizedNetworksConfig") is None


def _is_outside_service(resource: DeclaredResource) -> bool:
    if resource.type != "kubernetes:core/v1:Service":
        return False
    addresses = at(resource, "spec", "externalIPs")
    named = isinstance(addresses, list) and bool(addresses)
    return named or at(resource, "spec", "type") in ("LoadBalancer", "NodePort")


def _has_outside_port(resource: DeclaredResource) -> bool:
    names = {name for start, found in _OUTSIDE.items() if resource.type.startswith(start) for name in found}
    return any(
        path and path[-1] in names and value and value is not Unknown.YET for path, value in walk(plain(resource.props))
    )


def _has_outside_listener(resource: DeclaredResource) -> bool:
    return resource.kind == "Kafka" and any(
        path[:3] == ("spec", "kafka", "listeners") and path[4:] == ("type",) and kind not in _INSIDE
        for path, kind in texts(resource)
    )
