"""Lines of the estimate."""

from decimal import Decimal

import pytest

from infra.cost.billed_resources import count_billed_resources
from infra.cost.cost_report import summary_line
from infra.cost.estimate import CostRange, Estimate, estimate
from infra.cost.estimate_notes import notes
from infra.cost.machine_types import parse_machine_type
from infra.cost.price_table import HOURS_PER_MONTH, Prices
from infra.cost.quotas import TRIAL
from infra.cost.stack_file import read_stack_settings
from infra.gcp.cloud_context import CloudContext
from infra.gcp.monitoring import AlertsArgs, alerts
from producer.runtime.exit_status import Exit, SluiceError

PRICES = Prices.load()


def costs(*changes: str) -> dict[str, CostRange | None]:
    """Cost of each line of the stack gke, by the line's name."""
    return {line.name: line.cost for line in estimated(*changes).lines}


def estimated(*changes: str) -> Estimate:
    return estimate(count_billed_resources(read_stack_settings("gke", changes), "gke"), PRICES)


def test_without_a_spot_pool_everything_is_on_demand() -> None:
    parts = '["kafka","mysql","redis","registry","connect","toolbox","jobs","operator"]'
    found = costs("nodes.spotMax=0", f"nodes.onDemandFor={parts}")
    assert "nodes, spot" not in found
    steady = found["nodes, steady"]
    assert steady
    assert steady.low == steady.high, "both of the nodes that there may be are needed"


def test_the_large_profile_has_a_node_for_each_broker_and_disks_for_controllers() -> None:
    found = costs("profile=large", "nodes.onDemandMax=4", "nodes.machineType=e2-standard-4")
    steady = found["nodes, steady"]
    assert steady
    assert steady.low == steady.high * 3 / 4
    broker, controller = found["disk Kafka's broker"], found["disk Kafka's controller"]
    assert broker
    assert controller
    assert broker.low == 3 * 100 * Decimal("0.1")
    assert controller.low == 3 * 20 * Decimal("0.1")


def test_costs_are_computed_from_the_price_table() -> None:
    found = costs("nodes.spotMax=1", "nodes.onDemandMax=2")
    core, ram = Decimal("0.0218116"), Decimal("0.0029235")
    node = (2 * core + 8 * ram) * HOURS_PER_MONTH
    assert found["nodes, steady"] == CostRange(low=node, high=2 * node, stopped=Decimal(0))
    assert found["cluster fee"] == CostRange(low=Decimal(73), high=Decimal(73), stopped=Decimal(73))
    assert found["NAT"] == CostRange(low=2 * Decimal("1.022"), high=3 * Decimal("1.022"), stopped=Decimal(0))
    assert found["disk MySQL"] == CostRange(low=Decimal(1), high=Decimal(1), stopped=Decimal(1))


def test_the_credit_covers_a_zonal_fee_and_not_a_regional_one() -> None:
    for location, left in (("us-central1-a", 0), ("us-central1", 73)):
        found = costs(f"gcp.location={location}", "nodes.onDemandMax=3")
        fee, credit = found["cluster fee"], found["fee's credit"]
        assert fee
        assert credit
        assert fee.low + credit.low == left


def test_cost_while_nodes_are_at_zero() -> None:
    stays = {name for name, cost in costs().items() if cost and cost.stopped > 0}
    assert stays == {"cluster fee", "disk Kafka's node", "disk MySQL", "disk Redis", "address", "registry"}


def test_a_stack_asleep_lasts_the_month_on_the_default_budget() -> None:
    found = estimated()
    assert (found.resources.budget_usd, found.resources.guard_percent) == (20, 90)
    share = Decimal(20) * 90 / 100
    assert found.total.stopped < share
    gross = found.total.stopped + 73
    assert share / gross * HOURS_PER_MONTH < 7 * 24, "if the credit for the cluster fee did not count: a week"
    assert "With its nodes at zero the stack uses $7.30 of the budget." in list(notes_of(found))


def test_a_budget_that_a_stack_asleep_uses_up_is_reported() -> None:
    (note,) = [note for note in notes_of(estimated("budget.amount=8", "guard.percent=50")) if "alone uses up" in note]
    assert note == (
        "With its nodes at zero the stack alone uses up 50 % of the budget in 400 hours; then the guard stops nodes"
        " that scripts/wake restored: set a larger budget.amount."
    )
    regional = notes_of(estimated("gcp.location=us-central1", "nodes.onDemandMax=3"))
    assert any("alone uses up 90 % of the budget in 163 hours" in note for note in regional)
    quiet = notes_of(estimated("budget.amount=1", "guard.mode=notify"))
    assert any("90 % of the budget in 90 hours: set a larger" in note for note in quiet)


def test_the_hours_of_the_budget_count_the_credit_for_the_fee() -> None:
    found = estimated("nodes.spotMax=1")
    per_hour = found.total.high / HOURS_PER_MONTH
    assert found.lines[1].name == "fee's credit"
    assert found.lines[1].cost
    assert found.lines[1].cost.high == -73
    hours = int(20 / per_hour)
    assert any(f"pays for {hours} hours with all nodes" in note for note in notes_of(found))


def notes_of(found: Estimate) -> list[str]:
    return list(notes(found, PRICES, live=False, quotas=TRIAL))


def test_an_unknown_price_is_listed_and_not_counted_as_zero() -> None:
    found = estimated("nodes.machineType=n2-standard-4")
    assert found.missing == ("n2-standard-4",)
    assert {line.name for line in found.lines if line.cost is None} == {"nodes, steady", "nodes, spot"}
    assert "at least" in summary_line(found.resources)
    assert "n2-standard-4" in summary_line(found.resources)


def test_prices_of_machines_in_another_region_are_unknown() -> None:
    found = estimated("gcp.location=europe-west1-b")
    assert {"e2-core", "e2-ram-spot", "pd-balanced"} <= set(found.missing)
    assert {"cluster-fee", "registry"}.isdisjoint(found.missing)


def test_summary_line_of_the_preview() -> None:
    text = summary_line(count_billed_resources(read_stack_settings("gke"), "gke"))
    assert text.count("\n") == 0
    assert "This stack costs $0.119 to $0.194 an hour, $86.67 to $141.61 a month" in text
    assert "$7.30 a month while its nodes are at zero" in text
    assert "at least" not in text
    assert "Too few nodes" in summary_line(estimated("nodes.spotMax=0", "nodes.onDemandMax=1").resources)


def test_alerts_are_as_many_as_the_program_makes() -> None:
    for enabled in ("true", "false"):
        settings = read_stack_settings("gke", [f"monitoring.enabled={enabled}"])
        assert settings.gcp
        context = CloudContext(settings=settings.gcp, stack="gke")
        args = AlertsArgs(context=context, namespace="sluice", redis_maxmemory_mi=512, channels=[], after=[])
        of_metrics = len(alerts(args)) if settings.gcp.monitoring.enabled else 0
        assert count_billed_resources(settings, "gke").alerting_policies == of_metrics + 7


@pytest.mark.parametrize(
    ("name", "cores", "gib"),
    [("e2-standard-2", "2", "8"), ("e2-highmem-4", "4", "32"), ("e2-highcpu-8", "8", "8"), ("e2-medium", "1", "4")],
)
def test_machine_types_are_parsed(name: str, cores: str, gib: str) -> None:
    found = parse_machine_type(name)
    assert found
    assert (found.cores, found.gib) == (Decimal(cores), Decimal(gib))


def test_machine_types_of_other_families_are_unknown() -> None:
    assert parse_machine_type("c3-standard-4") is None


@pytest.mark.parametrize(
    ("stack", "changes", "said"),
    [
        ("none", [], "--stack takes one of"),
        ("kind", [], "gcp.project is not set"),
        ("gke", ["nodes.spotMax"], "NAME=VALUE"),
        ("gke", ["nodes.spotMax=many", "guard.mode=x"], "2 of the settings"),
    ],
)
def test_mistakes_are_reported(stack: str, changes: list[str], said: str) -> None:
    with pytest.raises(SluiceError, match=said) as caught:
        count_billed_resources(read_stack_settings(stack, changes), stack)
    assert caught.value.status == Exit.USAGE
