"""The probe of a cluster's network: on real sockets here; its verdict on clusters that enforce policies, and do not."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest

from infra.workloads.network_policies import API_SERVER, PODS, flows
from tests.security.network import connect_probe
from tests.security.network.connect_probe import DROPPED, OPEN, REFUSED
from tests.security.network.expected_flows import (
    ELSEWHERE,
    STRANGERS,
    UNLABELLED,
    Attempt,
    Target,
    is_allowed,
    party_of,
    problems,
    targets,
)
from tests.security.network.probe_pods import manifest, pod_name, sources

FLOWS = flows(collector=False)
METRICS = 9404


@pytest.fixture
def addresses() -> Generator[dict[str, int]]:
    """A port on this machine for each result."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.socket()) for _ in range(3)]
        for server in servers:
            server.bind(("127.0.0.1", 0))
        listening, _, full = servers  # the second is bound, and nobody listens
        listening.listen()
        # Linux answers no connection while the queue is full; here it is so with the second.
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield dict(zip((OPEN, REFUSED, DROPPED), (server.getsockname()[1] for server in servers), strict=True))


@pytest.mark.skipif(sys.platform != "linux", reason="fills a socket's queue, as Linux has it")
def test_probe_tells_open_refused_and_dropped_apart(addresses: dict[str, int]) -> None:
    program, *options, _ = connect_probe.command()
    assert program == "python"
    questions = json.dumps([("127.0.0.1", port) for port in addresses.values()])
    done = subprocess.run(
        [sys.executable, *options, "0.5"], input=questions, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == list(addresses)


def pod(party: str, **ports: int) -> dict[str, Any]:
    containers = [{"ports": [{"name": name, "containerPort": port} for name, port in ports.items()]}]
    labels = {**PODS[party], "pod-template-hash": "1"}
    return {
        "kind": "Pod",
        "metadata": {"name": f"{party}-0", "labels": labels},
        "spec": {"containers": containers},
        "status": {"phase": "Running", "podIP": f"10.0.0.{len(party)}"},
    }


CLUSTER = [
    pod("kafka", agent=8443, metrics=METRICS, tcp=9093),
    pod("connect", rest=8083, metrics=METRICS),
    pod("mysql", mysql=3306, x=33060),
    pod("redis", redis=6379),
    pod("registry", http=8080, health=9000),
    pod("operator", http=8080),
    {
        "kind": "Service",
        "metadata": {"name": "sluice-connect-api"},
        "spec": {"clusterIP": "10.1.0.1", "selector": PODS["connect"], "ports": [{"port": 8083, "targetPort": "rest"}]},
    },
    {"kind": "Service", "metadata": {"name": "headless"}, "spec": {"clusterIP": "None", "ports": [{"port": 1}]}},
]
LISTENING = {
    "kafka": {9090, 9091, 9093, 8443, METRICS},
    "connect": {8083, METRICS},
    "mysql": {3306, 33060},
    "redis": {6379},
    "registry": {8080, 9000},
    "operator": {8080},
    API_SERVER: {443},
}


def attempts(result: Callable[[str, Target], str]) -> list[Attempt]:
    """Return what comes of every attempt in CLUSTER."""
    server = Target(name="API server", party=API_SERVER, host="10.1.0.2", port=443, pod_port=443)
    return [
        Attempt(source=source, target=target, result=result(source, target))
        for source in sources(FLOWS)
        for target in [*targets(CLUSTER, FLOWS), server]
        if (source, target.party) != (ELSEWHERE, API_SERVER)
    ]


def enforced(source: str, target: Target) -> str:
    if not is_allowed(source, target, FLOWS):
        return DROPPED
    return not_enforced(source, target)


def not_enforced(_: str, target: Target) -> str:
    return OPEN if target.pod_port in LISTENING[str(target.party)] else REFUSED


def test_cluster_that_enforces_the_flows_has_no_problem() -> None:
    assert problems(attempts(enforced), FLOWS) == []


def test_plugin_that_refuses_what_others_drop_is_as_good() -> None:
    assert problems(attempts(lambda *ends: enforced(*ends).replace(DROPPED, REFUSED)), FLOWS) == []


def test_cluster_that_enforces_nothing_is_said_to() -> None:
    (problem,) = problems(attempts(not_enforced), FLOWS)
    assert "does not enforce network policies" in problem


def test_nothing_is_proven_where_nothing_answers() -> None:
    (problem,) = problems(attempts(lambda *_: DROPPED), FLOWS)
    assert "nothing was tried that shows whether policies are enforced" in problem


@pytest.mark.parametrize(
    ("source", "party", "port"),
    [
        (UNLABELLED, "connect", METRICS),
        (ELSEWHERE, "kafka", METRICS),
        ("mysql", "connect", 8083),
        ("load", "redis", 6379),
    ],
)
def test_one_open_port_is_named(source: str, party: str, port: int) -> None:
    def result(other: str, target: Target) -> str:
        opened = (other, target.party, target.pod_port) == (source, party, port)
        return OPEN if opened else enforced(other, target)

    found = problems(attempts(result), FLOWS)
    assert f"{source} -> Pod {party}-0:{port} was open, which no flow allows" in found
    assert all("no flow allows" in problem for problem in found)


def test_flow_that_does_not_connect_is_named() -> None:
    def result(source: str, target: Target) -> str:
        return DROPPED if (source, target.party) == ("toolbox", "redis") else enforced(source, target)

    assert problems(attempts(result), FLOWS) == [
        "toolbox -> Pod redis-0:6379 was dropped, which a flow allows",
        "toolbox -> redis:6379 is open on no pod",
    ]


def test_every_port_of_flows_and_containers_is_tried_at_every_pod() -> None:
    tried = {(target.name, target.port) for target in targets(CLUSTER, FLOWS)}
    for party in ("mysql", "connect", "operator"):
        assert {(f"Pod {party}-0", port) for port in (9093, 8083, 3306, 6379, METRICS, 9000, 8443)} <= tried
    assert ("Service sluice-connect-api", 8083) in tried
    assert not any(name == "Service headless" for name, _ in tried)


def test_connects_rest_is_open_to_its_users_only() -> None:
    """It has no login on a cluster."""
    rest = next(target for target in targets(CLUSTER, FLOWS) if (target.party, target.port) == ("connect", 8083))
    users = {source for source in sources(FLOWS) if is_allowed(source, rest, FLOWS)}
    assert users == {"operator", "connect", "proof", "toolbox"}


@pytest.mark.parametrize("source", sources(FLOWS))
def test_pod_of_a_source_is_it_and_receives_nothing(source: str) -> None:
    made = manifest(source, "an/image")
    assert party_of(made["metadata"]["labels"]) == (None if source in STRANGERS else source)
    assert made["spec"]["readinessGates"]
    assert pod_name(source).replace("-", "").isalnum()
