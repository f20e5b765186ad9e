"""Rules: no network rule lets every address in, and nothing has an external address."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from infra.policy.declared_resource import DeclaredResource, Unknown, get_property, reveal, strings, walk

CLUSTER = "gcp:container/cluster:Cluster"
NODES = "gcp:container/nodePool:NodePool"
FIREWALL = "gcp:compute/firewall:Firewall"
_MIN_PREFIX = 8  # no single owner has a shorter prefix: 0.0.0.0/0, or 0.0.0.0/1 together with 128.0.0.0/1
_EXTERNAL_TYPES = re.compile(r"gcp:compute/.*:(\w*ForwardingRule|\w*Address|Backend\w+|Target\w+Proxy)")
_EXTERNAL_FIELDS = {"kubernetes:": ("hostPort", "hostNetwork"), "gcp:compute/": ("accessConfigs",)}
"""Fields that give a pod a port of its node, or a machine an external address."""
_INTERNAL_LISTENERS = ("internal", "cluster-ip")
"""Types of Kafka listeners that are reachable only inside the cluster."""


def nothing_is_open_to_the_world(resource: DeclaredResource) -> Iterator[str]:
    """No rule lets every IP address in, explicitly or by default."""
    for path, text in strings(resource):
        if _is_any_address(text):
            yield f"{resource.name}: {'.'.join(path)} allows {text}"
    if resource.type == FIREWALL and _admits_by_default(resource):
        yield f"{resource.name} names no source, and so allows every address"
    if resource.type == CLUSTER and _has_open_control_plane(resource):
        yield (
            f"{resource.name}: every address may connect to the control plane; disable "
            "controlPlaneEndpointsConfig.ipEndpointsConfig or set masterAuthorizedNetworksConfig"
        )


def no_load_balancer(resource: DeclaredResource) -> Iterator[str]:
    """Nothing is reachable from outside: no load balancer, no external address, no open port of a node."""
    if (
        resource.kind in ("Ingress", "Gateway")
        or _EXTERNAL_TYPES.fullmatch(resource.type)
        or _is_external_service(resource)
        or _has_external_port(resource)
        or _has_external_listener(resource)
    ):
        yield f"{resource.display_name} is reachable from outside the cluster"
    if resource.type == CLUSTER and not get_property(resource, "privateClusterConfig", "enablePrivateNodes"):
        yield f"{resource.display_name} gives its nodes external addresses: set privateClusterConfig.enablePrivateNodes"
    if resource.type == NODES and get_property(resource, "networkConfig", "enablePrivateNodes") is False:
        yield f"{resource.display_name} gives its nodes external addresses: leave networkConfig.enablePrivateNodes out"


def _is_any_address(text: str) -> bool:
    if "/" not in text:
        return False
    try:
        return ip_network(text, strict=False).prefixlen < _MIN_PREFIX
    except ValueError:
        return False


def _admits_by_default(firewall: DeclaredResource) -> bool:
    sources = ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    return (
        get_property(firewall, "direction") != "EGRESS"
        and bool(get_property(firewall, "allows"))
        and not any(get_property(firewall, source) for source in sources)
    )


def _has_open_control_plane(cluster: DeclaredResource) -> bool:
    by_address = get_property(cluster, "controlPlaneEndpointsConfig", "ipEndpointsConfig", "enabled")
    return by_address in (None, True) and get_property(cluster, "masterAuthorizedNetworksConfig") is None


def _is_external_service(resource: DeclaredResource) -> bool:
    if resource.type != "kubernetes:core/v1:Service":
        return False
    addresses = get_property(resource, "spec", "externalIPs")
    named = isinstance(addresses, list) and bool(addresses)
    return named or get_property(resource, "spec", "type") in ("LoadBalancer", "NodePort")


def _has_external_port(resource: DeclaredResource) -> bool:
    names = {name for prefix, fields in _EXTERNAL_FIELDS.items() if resource.type.startswith(prefix) for name in fields}
    properties = walk(reveal(resource.props))
    return any(
        path and path[-1] in names and value and value is not Unknown.UNTIL_CREATED for path, value in properties
    )


def _has_external_listener(resource: DeclaredResource) -> bool:
    return resource.kind == "Kafka" and any(
        path[:3] == ("spec", "kafka", "listeners") and path[4:] == ("type",) and kind not in _INTERNAL_LISTENERS
        for path, kind in strings(resource)
    )
