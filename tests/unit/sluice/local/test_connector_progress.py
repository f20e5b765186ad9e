"""The progress after which `sluice up` counts a connector as running."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.connector_progress import Backlog, SinkProgress, SourceProgress, read_backlog
from sluice.local.consumer_group import ConsumerGroup, Partition
from sluice.local.pipeline_spec import Connector

A, B = ("fixes", 0), ("fixes", 1)


class FakeGroup:
    """A group whose offsets and members a test sets."""

    def __init__(self, *, ends: dict[Partition, int], committed: dict[Partition, int]) -> None:
        self.ends, self.now = ends, committed
        self.members: set[Partition] = set()
        self.texts: list[str] = []

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        return [at for at in self.ends if at[0] in topics]

    def offsets(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        return {at: (2, self.ends[at]) for at in partitions}

    def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        return {at: self.now[at] for at in partitions}

    def metadata(self, partitions: Iterable[Partition]) -> list[str]:
        return self.texts

    def assigned(self) -> set[Partition]:
        return self.members


def progress(fake: FakeGroup) -> SinkProgress:
    group: Any = cast(ConsumerGroup, fake)
    connector = Connector(name="sink", config={"topics": "fixes, other"})
    return SinkProgress(group=group, backlog=read_backlog(group, connector))


def test_a_sink_is_done_when_it_has_every_partition_and_has_written_its_backlog() -> None:
    fake = FakeGroup(ends={A: 10, B: 5}, committed={A: -1001, B: 5})
    sink = progress(fake)
    assert sink.backlog.waiting == {A: 8}
    assert sink.pending_step() == "be given the partitions of its topics"
    fake.members = {A}
    assert sink.pending_step() == "be given the partitions of its topics"
    fake.members = {A, B}
    assert sink.pending_step() == "write the records that wait for it, 8 of 8"
    fake.now[A] = 7
    assert sink.pending_step() == "write the records that wait for it, 3 of 8"
    now = datetime.now(UTC)
    fake.texts = [f"is refused since {now:%FT%TZ}, still at {now:%FT%TZ}: Access denied"]
    assert sink.pending_step() == "write the records that wait for it, 3 of 8 (Access denied)"
    fake.now[A] = 10
    assert sink.pending_step() is None


def test_a_sink_that_commits_in_every_partition_need_not_write_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.local.connector_progress._BACKLOG_SECONDS", 0.0)
    fake = FakeGroup(ends={A: 10, B: 50}, committed={A: 5, B: 5})
    fake.members = {A, B}
    sink = progress(fake)
    fake.now[A] = 10
    assert sink.pending_step() is not None, "the other partition may be where it fails"
    fake.now[B] = 6
    assert sink.pending_step() is None


def test_a_sink_that_goes_back_is_done_with_its_first_commit_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.local.connector_progress._BACKLOG_SECONDS", 0.0)
    fake = FakeGroup(ends={A: 1000}, committed={A: 990})
    fake.members = {A}
    sink = progress(fake)
    fake.now[A] = 5  # Its store has lost what came after.
    assert sink.pending_step() == "write the records that wait for it, 995 of 995"
    fake.now[A] = 6
    assert sink.pending_step() is None


def test_a_partition_without_waiting_records_is_not_in_the_backlog() -> None:
    assert Backlog(committed={A: 10}, ends={A: 10}).waiting == {}


def test_a_source_that_is_behind_is_given_events_until_it_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.local.connector_progress._EVENT_SECONDS", 0.0)
    offsets = [("binlog.000002", 379), ("binlog.000002", 379), ("binlog.000002", 379), ("binlog.000003", 3164)]
    events: list[int] = []

    def answer(*_: str) -> tuple[int, Any]:
        file, at = offsets.pop(0)
        return 200, {"offsets": [{"offset": {"file": file, "pos": at}}]}

    monkeypatch.setattr("sluice.local.connector_progress.request", answer)
    source = SourceProgress(
        connect=RestEndpoint(url="http://127.0.0.1:1"),
        connector=Connector(name="source", config={}),
        end=(3, 3164),
        write_event=lambda: events.append(len(offsets)),
    )
    steps = [source.pending_step() for _ in range(4)]
    behind = "read the binary log: it is at file 2, byte 379, and the log ends at file 3, byte 3,164"
    assert steps == [behind, behind, behind, None]
    assert events == [2, 1], "not at the first look: it may be about to commit"
