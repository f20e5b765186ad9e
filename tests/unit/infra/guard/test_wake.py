"""scripts/wake, against a stand-in of Google's APIs and of `pulumi`."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from infra.gcp.guard_commands import wake
from infra.gcp.guard_commands.guarded_cluster import Guarded
from infra.gcp.guard_function.sluice_guard.environment import apis_of
from infra.gcp.guard_function.sluice_guard.google_requests import Api, Patience
from producer.runtime.exit_status import Exit, SluiceError
from tests.unit.infra.guard.conftest import LIMITS, NOW, OUTPUT, Guarding, Person, Seconds, asleep, env_of, until
from tests.unit.infra.guard.google import FakeGoogle
from tests.unit.infra.guard.messages import BOTH, event


def test_wake_makes_the_pools_what_the_stack_wants_clock_first(person: Person) -> None:
    asleep(person.google)
    assert person.runs(wake.main, ["3"]) == Exit.OK
    assert [pool.nodes for pool in person.google.pools.values()] == [1, 2]
    assert person.google.pools["spot"].autoscaling == {**LIMITS, "enabled": True}
    assert person.google.pools["steady"].autoscaling == {}
    assert person.google.clock()["awake"] is True
    assert timedelta(hours=2.9) < until(person.google) < timedelta(hours=3.01)
    verbs = [line.split()[0] for line in person.google.asked if not line.startswith("GET")]
    assert verbs == ["PATCH", "POST", "POST", "POST"]
    assert "steady, spot" in person.seen


def test_what_the_guard_stops_wake_brings_back_and_the_guard_leaves(guarding: Guarding, tmp_path: Path) -> None:
    guard = guarding.guard()
    guard.on_budget(event(BOTH))
    api = Api(apis_of(env_of(guarding.google), mistakes=[]))
    wake.wake(api, Guarded.parse(json.dumps(OUTPUT)), until=NOW + timedelta(hours=1), patience=Seconds().patience(60))
    guard.on_budget(event(BOTH))
    assert [pool.nodes for pool in guarding.google.pools.values()] == [1, 2]
    assert guarding.events() == ["scaled-to-zero", "awake"]


def test_wake_again_changes_the_time_only(person: Person) -> None:
    asleep(person.google)
    person.runs(wake.main, ["1"])
    before = list(person.google.changes)
    assert person.runs(wake.main, ["2"]) == Exit.OK
    assert person.google.changes == before
    assert "awake" in person.seen
    assert until(person.google) > timedelta(hours=1.9)


def test_wake_goes_on_where_it_was_cut_off(person: Person) -> None:
    asleep(person.google)
    person.google.pools["spot"].nodes = 2
    assert person.runs(wake.main, ["1"]) == Exit.OK
    assert person.google.pools["spot"].autoscaling["enabled"] is True
    assert person.google.changes[0] == 'steady:setSize {"nodeCount": 1}'
    assert len(person.google.changes) == 2


def test_a_pool_that_begins_empty_only_scales_itself_again(google: FakeGoogle) -> None:
    asleep(google)
    pools = {"steady": {"nodes": 1}, "spot": {"nodes": 0, "autoscaling": LIMITS}}
    guarded = Guarded.parse(json.dumps({**OUTPUT, "pools": pools}))
    api = Api(apis_of(env_of(google), mistakes=[]))
    assert wake.wake(api, guarded, until=NOW, patience=Seconds().patience(60)) == ("steady", "spot")
    assert [pool.nodes for pool in google.pools.values()] == [1, 0]
    assert google.pools["spot"].autoscaling["enabled"] is True


def test_wake_says_when_the_cluster_stays_busy(google: FakeGoogle) -> None:
    asleep(google)
    google.fail("POST", 400, state="FAILED_PRECONDITION")
    api = Api(apis_of(env_of(google), mistakes=[]))
    guarded = Guarded.parse(json.dumps(OUTPUT))
    with pytest.raises(SluiceError, match="run scripts/wake again") as raised:
        wake.wake(api, guarded, until=NOW, patience=Seconds().patience(60))
    assert raised.value.status == Exit.INCOMPLETE


@pytest.mark.parametrize("what", ["cluster", "pool"])
def test_wake_needs_what_it_wakes(person: Person, what: str) -> None:
    if what == "cluster":
        person.google.there = False
    else:
        del person.google.pools["spot"]
    assert person.runs(wake.main, ["1"]) == Exit.UNAVAILABLE
    assert ("no node pool spot" if what == "pool" else "no cluster sluice") in person.seen
    assert (person.google.changes, person.google.clock()) == ([], {})


def test_wake_interrupted_half_way_is_ended_by_the_next(google: FakeGoogle) -> None:
    asleep(google)
    google.slowness = 3

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    api, guarded = Api(apis_of(env_of(google), mistakes=[])), Guarded.parse(json.dumps(OUTPUT))
    with pytest.raises(KeyboardInterrupt):
        wake.wake(api, guarded, until=NOW, patience=Patience(60, sleep=interrupt))
    assert google.clock()["awake"] is True
    assert len(google.changes) == 1
    google.settle()
    google.slowness = 0
    wake.wake(api, guarded, until=NOW, patience=Seconds().patience(60))
    assert [pool.nodes for pool in google.pools.values()] == [1, 2]
    assert google.pools["spot"].autoscaling == {**LIMITS, "enabled": True}
