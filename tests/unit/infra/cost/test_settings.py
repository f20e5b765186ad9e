"""Each setting of Pulumi.yaml moves its own lines of the bill and no other, or is known to move none."""

import pytest

from infra.cost.billed_stack import settings_of, shape_of
from infra.cost.estimate import Range, estimate
from infra.cost.price_table import Prices
from infra.settings.declared_settings import read_declarations

PRICES = Prices.load()
STEADY = {"nodes, steady", "boot disks, steady", "NAT"}
SPOT = {"nodes, spot", "boot disks, spot", "NAT"}
NODES = STEADY | SPOT
DISKS = {"disk Kafka's node", "disk MySQL", "disk Redis"}
LARGE = ("nodes.machineType=e2-standard-4", "nodes.onDemandMax=3")
"""With which the large profile runs."""
MOVES: dict[str, list[tuple[str, set[str], tuple[str, ...]]]] = {
    "profile": [("large", STEADY | DISKS | {"disk Kafka's broker", "disk Kafka's controller"}, LARGE)],
    "gcp.location": [("us-central1", {"fee's credit"}, ("nodes.onDemandMax=3",))],
    "nodes.machineType": [("e2-standard-4", {"nodes, steady", "nodes, spot"}, ())],
    "nodes.diskGb": [("80", {"boot disks, steady", "boot disks, spot"}, ())],
    "nodes.spotMax": [("5", SPOT, ())],
    "nodes.onDemandMax": [("4", STEADY, ())],
    "nodes.onDemandFor": [('["kafka"]', SPOT, ()), ("[]", NODES - {"NAT"}, ())],
    "kafka.brokers": [("4", STEADY | {"disk Kafka's broker"}, ("profile=large", *LARGE, "nodes.onDemandMax=4"))],
    "kafka.storage": [("50Gi", {"disk Kafka's node"}, ())],
    "mysql.storage": [("20Gi", {"disk MySQL"}, ())],
    "redis.storage": [("512Mi", {"disk Redis"}, ())],
    "redis.maxmemoryMi": [("2500", STEADY, ()), ("600", set(), ())],
    "console.enabled": [("true", SPOT, ())],
    "monitoring.enabled": [("false", {"metrics"}, ())],
    "kubernetes.storageClass": [("standard", DISKS, ()), ("premium-rwo", DISKS, ()), ("mine", DISKS, ())],
}
"""By setting: a value, the lines that it moves, and what it needs beside it."""
FREE = {
    "namespace",
    "kubeContext",
    "kubernetes.deleteUnreachable",
    "kubernetes.apiServerCidrs",
    "strimzi.chart",
    "gcp.project",
    "gcp.name",
    "gcp.deletionProtection",
    "gcp.controlPlaneCidrs",
    "monitoring.lagRecords",
    "proof.enabled",
    "proof.options",
    *(name for name in read_declarations() if name.startswith(("images.", "load.", "budget.", "guard."))),
}
"""What no line depends on: names, rights, what is loaded, when is stopped."""
TOLD = {"gcp.releaseChannel": "EXTENDED", "gcp.secretsKey": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}
"""What may cost, and has no line: the notes tell of it."""
CASES = [(name, *case) for name, cases in MOVES.items() for case in cases]


def costs(*changes: str) -> dict[str, Range | None]:
    """Each line of the stack gke by its name."""
    found = estimate(shape_of(settings_of("gke", changes), "gke"), PRICES)
    return {line.name: line.cost for line in found.lines}


@pytest.mark.parametrize(("setting", "value", "lines", "beside"), CASES)
def test_a_setting_moves_its_own_lines(setting: str, value: str, lines: set[str], beside: tuple[str, ...]) -> None:
    before, after = costs(*beside), costs(*beside, f"{setting}={value}")
    assert {name for name in before | after if before.get(name) != after.get(name)} == lines


def test_every_setting_is_known_to_cost_or_not() -> None:
    assert MOVES.keys() | FREE | TOLD.keys() == read_declarations().keys()


@pytest.mark.parametrize(
    "change", ["guard.mode=notify", "guard.ttlHours=3", "budget.amount=500", "load.source=nclt:2012-11-16"]
)
def test_what_stops_or_loads_costs_nothing_itself(change: str) -> None:
    assert costs(change) == costs()


@pytest.mark.parametrize(("setting", "value"), TOLD.items())
def test_what_has_no_line_is_told(setting: str, value: str) -> None:
    (what,) = shape_of(settings_of("gke", [f"{setting}={value}"]), "gke").uncounted
    assert setting.rpartition(".")[2] in what or value in what
    assert not shape_of(settings_of("gke"), "gke").uncounted


def test_more_of_something_never_costs_less() -> None:
    for fewer, more in (("nodes.spotMax=1", "nodes.spotMax=2"), ("mysql.storage=10Gi", "mysql.storage=11Gi")):
        small, large = (estimate(shape_of(settings_of("gke", [c]), "gke"), PRICES).total for c in (fewer, more))
        assert large.high > small.high
