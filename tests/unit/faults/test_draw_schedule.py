"""Schedules are the same for the same seed, contain every kind of fault, and stay within their limits."""

import pytest

from tests.faults.schedules.draw_schedule import START_SECONDS, draw_schedule, kinds_of
from tests.faults.schedules.fault import Kind
from tests.faults.schedules.traffic_plan import image_digest, plan_load, row

SCHEDULES = [draw_schedule(1, number, longest_pause=60) for number in range(1, 201)]


def test_same_seed_and_number_draw_the_same_faults_and_loads() -> None:
    again = draw_schedule(1, 7, longest_pause=60)
    assert again == SCHEDULES[6]
    first, second = (
        [plan_load(schedule.generator("rows"), "rows", version) for version in range(9)]
        for schedule in (again, SCHEDULES[6])
    )
    assert first == second
    assert draw_schedule(2, 7, longest_pause=60).faults != again.faults
    assert row(5, 1) == row(5, 1) != row(5, 2)
    assert image_digest(5, 1) != image_digest(5, 2)


def test_a_hundred_schedules_contain_every_kind_and_overlapping_faults() -> None:
    assert kinds_of(SCHEDULES[:100]) == set(Kind)
    assert {len(schedule.faults) for schedule in SCHEDULES} == {1, 2, 3, 4}
    assert {fault.targets for schedule in SCHEDULES for fault in schedule.faults if fault.kind is Kind.KILL} == {
        ("kafka",),
        ("registry",),
        ("connect-1",),
        ("connect-2",),
        ("connect-1", "connect-2"),
        ("mysql",),
        ("redis",),
    }


@pytest.mark.parametrize("longest_pause", [15, 60])
def test_times_are_within_their_limits(longest_pause: float) -> None:
    faults = [fault for number in range(200) for fault in draw_schedule(3, number, longest_pause=longest_pause).faults]
    assert all(0 <= fault.at <= START_SECONDS for fault in faults)
    pauses = [fault.seconds for fault in faults if fault.kind is Kind.PAUSE]
    assert min(pauses) >= 1
    assert longest_pause / 2 < max(pauses) <= longest_pause


def test_what_cannot_be_applied_here_is_left_out_and_the_rest_stays() -> None:
    kinds = [kind for kind in Kind if kind is not Kind.FULL_DISK]
    for schedule in SCHEDULES:
        fewer = draw_schedule(1, schedule.number, longest_pause=60, kinds=kinds)
        assert fewer.faults == tuple(fault for fault in schedule.faults if fault.kind is not Kind.FULL_DISK)
