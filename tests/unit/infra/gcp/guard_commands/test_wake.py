"""scripts/wake, with fake Google APIs and a fake `pulumi`."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from infra.gcp.guard_commands import wake
from infra.gcp.guard_commands.guarded_cluster import GuardedCluster
from infra.gcp.guard_function.sluice_guard.environment import parse_api_urls
from infra.gcp.guard_function.sluice_guard.google_requests import ApiClient, WaitLimit
from producer.runtime.exit_status import Exit, SluiceError
from tests.unit.infra.gcp.guard_commands.conftest import LIMITS, OUTPUT, Shell, stop_all_nodes, until
from tests.unit.infra.gcp.guard_function.budget_messages import BOTH, event
from tests.unit.infra.gcp.guard_function.conftest import NOW, GuardHarness, Seconds, env_of
from tests.unit.infra.gcp.guard_function.fake_gke import FakeGoogle


def test_wake_sets_the_clock_then_the_stacks_pool_sizes(shell: Shell) -> None:
    stop_all_nodes(shell.google)
    assert shell.run(wake.main, ["3"]) == Exit.OK
    assert [pool.nodes for pool in shell.google.pools.values()] == [1, 2]
    assert shell.google.pools["spot"].autoscaling == {**LIMITS, "enabled": True}
    assert shell.google.pools["steady"].autoscaling == {}
    assert shell.google.clock()["awake"] is True
    assert timedelta(hours=2.9) < until(shell.google) < timedelta(hours=3.01)
    verbs = [line.split()[0] for line in shell.google.asked if not line.startswith("GET")]
    assert verbs == ["PATCH", "POST", "POST", "POST"]
    assert "steady, spot" in shell.output


def test_what_the_guard_stops_wake_brings_back_and_the_guard_leaves(harness: GuardHarness, tmp_path: Path) -> None:
    guard = harness.guard()
    guard.on_budget(event(BOTH))
    api = ApiClient(parse_api_urls(env_of(harness.google), mistakes=[]))
    guarded = GuardedCluster.parse(json.dumps(OUTPUT))
    wake.wake(api, guarded, until=NOW + timedelta(hours=1), wait_limit=Seconds().wait_limit(60))
    guard.on_budget(event(BOTH))
    assert [pool.nodes for pool in harness.google.pools.values()] == [1, 2]
    assert harness.events() == ["scaled-to-zero", "awake"]


def test_wake_again_changes_the_time_only(shell: Shell) -> None:
    stop_all_nodes(shell.google)
    shell.run(wake.main, ["1"])
    before = list(shell.google.changes)
    assert shell.run(wake.main, ["2"]) == Exit.OK
    assert shell.google.changes == before
    assert "No node pool was stopped" in shell.output
    assert until(shell.google) > timedelta(hours=1.9)


def test_wake_continues_after_an_interruption(shell: Shell) -> None:
    stop_all_nodes(shell.google)
    shell.google.pools["spot"].nodes = 2
    assert shell.run(wake.main, ["1"]) == Exit.OK
    assert shell.google.pools["spot"].autoscaling["enabled"] is True
    assert shell.google.changes[0] == 'steady:setSize {"nodeCount": 1}'
    assert len(shell.google.changes) == 2


def test_wake_only_restores_autoscaling_of_a_pool_of_initial_size_zero(google: FakeGoogle) -> None:
    stop_all_nodes(google)
    pools = {"steady": {"nodes": 1}, "spot": {"nodes": 0, "autoscaling": LIMITS}}
    guarded = GuardedCluster.parse(json.dumps({**OUTPUT, "pools": pools}))
    api = ApiClient(parse_api_urls(env_of(google), mistakes=[]))
    assert wake.wake(api, guarded, until=NOW, wait_limit=Seconds().wait_limit(60)) == ("steady", "spot")
    assert [pool.nodes for pool in google.pools.values()] == [1, 0]
    assert google.pools["spot"].autoscaling["enabled"] is True


def test_wake_says_when_the_cluster_stays_busy(google: FakeGoogle) -> None:
    stop_all_nodes(google)
    google.fail("POST", 400, state="FAILED_PRECONDITION")
    api = ApiClient(parse_api_urls(env_of(google), mistakes=[]))
    guarded = GuardedCluster.parse(json.dumps(OUTPUT))
    with pytest.raises(SluiceError, match="run scripts/wake again") as raised:
        wake.wake(api, guarded, until=NOW, wait_limit=Seconds().wait_limit(60))
    assert raised.value.status == Exit.INCOMPLETE


@pytest.mark.parametrize("what", ["cluster", "pool"])
def test_wake_fails_without_the_cluster_or_a_pool(shell: Shell, what: str) -> None:
    if what == "cluster":
        shell.google.there = False
    else:
        del shell.google.pools["spot"]
    assert shell.run(wake.main, ["1"]) == Exit.UNAVAILABLE
    said = " ".join(shell.output.split())
    assert what == "pool" or "scripts/forget-cluster first, and then pulumi up --refresh" in said
    assert ("no node pool spot" if what == "pool" else "no cluster sluice") in shell.output
    assert (shell.google.changes, shell.google.clock()) == ([], {})


def test_interrupted_wake_is_completed_by_the_next(google: FakeGoogle) -> None:
    stop_all_nodes(google)
    google.slowness = 3

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    api, guarded = ApiClient(parse_api_urls(env_of(google), mistakes=[])), GuardedCluster.parse(json.dumps(OUTPUT))
    with pytest.raises(KeyboardInterrupt):
        wake.wake(api, guarded, until=NOW, wait_limit=WaitLimit(60, sleep=interrupt))
    assert google.clock()["awake"] is True
    assert len(google.changes) == 1
    google.settle()
    google.slowness = 0
    wake.wake(api, guarded, until=NOW, wait_limit=Seconds().wait_limit(60))
    assert [pool.nodes for pool in google.pools.values()] == [1, 2]
    assert google.pools["spot"].autoscaling == {**LIMITS, "enabled": True}
