"""Each setting of Pulumi.yaml changes its own lines of the estimate and no other, or is known to change none."""

import json

import pytest

from infra.cost.billed_resources import count_billed_resources
from infra.cost.estimate import CostRange, Estimate, estimate
from infra.cost.price_table import Prices
from infra.cost.stack_file import read_stack_settings
from infra.settings.declared_settings import read_declarations
from infra.settings.gcp_checks import ON_DEMAND_PARTS

PRICES = Prices.load()
STEADY = {"nodes, steady", "boot disks, steady", "NAT"}
SPOT = {"nodes, spot", "boot disks, spot", "NAT"}
NODES = STEADY | SPOT
DISKS = {"disk Kafka's node", "disk MySQL", "disk Redis"}
EVERYTHING = json.dumps(ON_DEMAND_PARTS)
LARGE = ("nodes.machineType=e2-standard-4", "nodes.onDemandMax=3")
"""Settings with which the large profile fits on the nodes."""
CHANGES_LINES: dict[str, list[tuple[str, set[str], tuple[str, ...]]]] = {
    "profile": [("large", STEADY | DISKS | {"disk Kafka's broker", "disk Kafka's controller"}, LARGE)],
    "gcp.location": [("us-central1", {"fee's credit"}, ("nodes.onDemandMax=3",))],
    "nodes.machineType": [("e2-standard-4", NODES - {"boot disks, steady"}, ())],
    "nodes.diskGb": [("80", {"boot disks, steady", "boot disks, spot"}, ())],
    "nodes.spotMax": [("5", SPOT, ())],
    "nodes.onDemandMax": [("4", STEADY, ())],
    "nodes.onDemandFor": [(EVERYTHING, NODES - {"NAT"}, ()), ("[]", NODES - {"NAT"}, ("nodes.spotMax=3",))],
    "kafka.brokers": [("4", STEADY | {"disk Kafka's broker"}, ("profile=large", *LARGE, "nodes.onDemandMax=4"))],
    "kafka.storage": [("50Gi", {"disk Kafka's node"}, ())],
    "mysql.storage": [("20Gi", {"disk MySQL"}, ())],
    "redis.storage": [("512Mi", {"disk Redis"}, ())],
    "redis.maxmemoryMi": [("2500", STEADY, ()), ("600", set(), ())],
    "monitoring.enabled": [("false", {"metrics"}, ())],
    "kubernetes.storageClass": [("standard", DISKS, ()), ("premium-rwo", DISKS, ()), ("mine", DISKS, ())],
}
"""By setting: a value, the lines that it changes, and other settings that it needs."""
FREE = {
    "namespace",
    "kubeContext",
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
"""Settings that no line depends on: names, IAM, sources of loads, when the guard stops the nodes."""
NOT_COUNTED = {
    "gcp.releaseChannel": "EXTENDED",
    "gcp.secretsKey": "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k",
}
"""Settings that may cost, and have no line: a note mentions each."""
CASES = [(name, *case) for name, cases in CHANGES_LINES.items() for case in cases]


def costs(*changes: str) -> dict[str, CostRange | None]:
    """Cost of each line of the stack gke, by the line's name."""
    return {line.name: line.cost for line in estimated(*changes).lines}


def estimated(*changes: str) -> Estimate:
    return estimate(count_billed_resources(read_stack_settings("gke", changes), "gke"), PRICES)


@pytest.mark.parametrize(("setting", "value", "lines", "needs"), CASES)
def test_a_setting_changes_its_own_lines(setting: str, value: str, lines: set[str], needs: tuple[str, ...]) -> None:
    before, after = costs(*needs), costs(*needs, f"{setting}={value}")
    assert {name for name in before | after if before.get(name) != after.get(name)} == lines


def test_every_setting_is_classified_as_billed_or_not() -> None:
    assert CHANGES_LINES.keys() | FREE | NOT_COUNTED.keys() == read_declarations().keys()


@pytest.mark.parametrize(
    "change", ["guard.mode=notify", "guard.ttlHours=3", "budget.amount=500", "load.source=nclt:2012-11-16"]
)
def test_settings_of_the_guard_and_the_load_cost_nothing(change: str) -> None:
    assert costs(change) == costs()


@pytest.mark.parametrize(("setting", "value"), NOT_COUNTED.items())
def test_billed_usage_without_a_line_is_mentioned(setting: str, value: str) -> None:
    (what,) = count_billed_resources(read_stack_settings("gke", [f"{setting}={value}"]), "gke").not_counted
    assert setting.rpartition(".")[2] in what or value in what
    assert not count_billed_resources(read_stack_settings("gke"), "gke").not_counted


def test_more_of_something_never_costs_less() -> None:
    for fewer, more in (("nodes.spotMax=1", "nodes.spotMax=2"), ("mysql.storage=10Gi", "mysql.storage=11Gi")):
        small, large = (estimated(change).total for change in (fewer, more))
        assert large.high > small.high
