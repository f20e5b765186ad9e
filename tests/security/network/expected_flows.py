"""Which connections the table of flows allows, and what is wrong where a cluster's pods were tried."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.workloads.network_policies import API_SERVER, METRICS_PORT, PODS, WEB, Flow
from tests.security.network.connect_probe import DROPPED, OPEN

UNLABELLED, ELSEWHERE = "a pod without a label", "a pod of another namespace"
STRANGERS = (UNLABELLED, ELSEWHERE)
"""Sources that no flow names."""
_OTHER_PORTS = (80, 443, 8080, 8081, 8082, 9000, 9092, 9094, 33060, METRICS_PORT)
"""Ports of Strimzi's and our images that no flow names: health checks, metrics, MySQL's X protocol; and usual ones."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An address of a pod or a Service."""

    name: str
    party: str | None
    """The end of flows that it is; None for a pod that is none."""
    host: str
    port: int
    pod_port: int
    """The port of its pods; differs from `port` for some Services."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A connection that was tried."""

    source: str
    target: Target
    result: str

    @property
    def sentence(self) -> str:
        """The attempt in words."""
        return f"{self.source} -> {self.target.name}:{self.target.port} was {self.result}"


def party_of(labels: Mapping[str, str]) -> str | None:
    """Return the end of flows that a pod with these labels is."""
    return next((party for party, own in PODS.items() if own.items() <= labels.items()), None)


def targets(objects: Iterable[Mapping[str, Any]], flows: Sequence[Flow]) -> list[Target]:
    """Return the ports of the running pods, and of the Services with an address, of `kubectl get pods,services`.

    Of a pod those that it declares, those of all flows, and _OTHER_PORTS: what listens need not be declared.
    """
    found: list[Target] = []
    usual = {port for flow in flows for port in flow.ports} | set(_OTHER_PORTS)
    for entry in objects:
        name = f"{entry['kind']} {entry['metadata']['name']}"
        # The address of a pod that has ended may be another's by now.
        if entry["kind"] == "Pod" and entry["status"].get("phase") == "Running" and (host := entry["status"]["podIP"]):
            party = party_of(entry["metadata"].get("labels", {}))
            found += [
                Target(name=name, party=party, host=host, port=port, pod_port=port)
                for port in sorted(usual | _declared(entry))
            ]
        elif entry["kind"] == "Service" and (host := entry["spec"].get("clusterIP", "None")) != "None":
            party = party_of(entry["spec"].get("selector", {}))
            found += [
                Target(name=name, party=party, host=host, port=port["port"], pod_port=_pod_port(port))
                for port in entry["spec"].get("ports", [])
            ]
    return found


def _declared(pod: Mapping[str, Any]) -> set[int]:
    return {
        port["containerPort"]
        for container in pod["spec"].get("containers", [])
        for port in container.get("ports", [])
        if port.get("protocol", "TCP") == "TCP"
    }


def _pod_port(port: Mapping[str, Any]) -> int:
    """Return a Service's target port; Strimzi and our program give those with names the same number."""
    target = port.get("targetPort", port["port"])
    return target if isinstance(target, int) else port["port"]


def is_allowed(source: str, target: Target, flows: Sequence[Flow]) -> bool:
    """Return whether a flow allows the connection. A flow to the web allows its ports to the API server too."""
    ends = {target.party, WEB} if target.party == API_SERVER else {target.party}
    return any(flow.source == source and flow.target in ends and target.pod_port in flow.ports for flow in flows)


def problems(attempts: Sequence[Attempt], flows: Sequence[Flow]) -> list[str]:
    """Return a sentence for each result that contradicts the flows; for a cluster that enforces nothing one only.

    Refused is not open: some network plugins refuse what others drop, and nothing may listen. What is allowed must not
    be dropped, and must be open on one of the target's pods at least.
    """
    allowed = [attempt for attempt in attempts if is_allowed(attempt.source, attempt.target, flows)]
    forbidden = [attempt for attempt in attempts if not is_allowed(attempt.source, attempt.target, flows)]
    listening = {attempt.target for attempt in allowed if attempt.result == OPEN}
    decisive = [attempt for attempt in forbidden if attempt.source in STRANGERS and attempt.target in listening]
    if not decisive:
        return ["nothing was tried that shows whether policies are enforced: no stranger tried a port that is open"]
    if all(attempt.result == OPEN for attempt in decisive):
        return [
            "this cluster does not enforce network policies: strangers reach every port. Its network plugin does not "
            "support them (kind's does since 0.24, where the kernel supports it)"
        ]
    return [
        *(f"{attempt.sentence}, which no flow allows" for attempt in forbidden if attempt.result == OPEN),
        *(f"{attempt.sentence}, which a flow allows" for attempt in allowed if attempt.result == DROPPED),
        *_closed(allowed),
    ]


def _closed(allowed: Sequence[Attempt]) -> list[str]:
    flows = {(attempt.source, attempt.target.party, attempt.target.pod_port) for attempt in allowed}
    is_open = {
        (attempt.source, attempt.target.party, attempt.target.pod_port) for attempt in allowed if attempt.result == OPEN
    }
    return [f"{source} -> {party}:{port} is open on no pod" for source, party, port in sorted(flows - is_open, key=str)]
