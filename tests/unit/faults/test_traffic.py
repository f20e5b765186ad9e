"""Traffic ends when it is told to, and one that does not is a problem and is given up."""

import os
import sys
from pathlib import Path
from threading import Event

import pytest

from tests.faults.schedules import load_traffic
from tests.faults.schedules.bad_records import BadRecordTraffic
from tests.faults.schedules.draw_schedule import Schedule
from tests.faults.schedules.expected_state import Expected
from tests.faults.schedules.load_traffic import LoadTraffic
from tests.faults.schedules.traffic import Traffic


class Endless(Traffic):
    """Ends only where it is given up."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__("endless", unfinished="it did not end", patience=5)
        self.ends = ends
        self.cut_off, self.ended = Event(), Event()

    def _run(self) -> None:
        (self._over if self.ends else self._given_up).wait()
        self.ended.set()

    def _cut_off(self) -> None:
        self.cut_off.set()


def test_what_ends_in_time_is_no_problem() -> None:
    traffic = Endless(ends=True)
    traffic.start()
    traffic.finish(seconds=30)
    assert not traffic.problems
    assert not traffic.cut_off.is_set()


def test_what_does_not_end_is_a_problem_and_is_given_up() -> None:
    traffic = Endless(ends=False)
    traffic.start()
    traffic.finish(seconds=0.01)
    assert traffic.problems == ["it did not end within 0 s after the faults"]
    assert traffic.cut_off.is_set()
    assert traffic.ended.is_set()


def test_what_was_never_started_can_be_given_up() -> None:
    Endless(ends=False).abandon()


def test_a_load_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "sluice"
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(load_traffic, "SLUICE", str(hanging))
    traffic = LoadTraffic(
        "rows",
        schedule=Schedule(seed=1, number=1, faults=()),
        first_version=1,
        expected=Expected(),
        env=os.environ,
        folder=tmp_path,
    )
    traffic.start()
    traffic.finish(seconds=0.3)
    assert traffic.problems == ["the load of rows did not end within 0 s after the faults"]


def test_a_sender_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hanging))
    traffic = BadRecordTraffic([], env=os.environ)
    traffic.start()
    traffic.finish(seconds=0.05)
    assert traffic.problems[0] == "the bad records were not acknowledged within 0 s after the faults"
    assert traffic.unsure
