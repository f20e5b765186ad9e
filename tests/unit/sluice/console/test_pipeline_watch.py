"""Tests of the samples of a pipeline: rates between them, and what is not asked each time."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sluice.console import pipeline_watch
from sluice.console.pipeline_view import picture_object
from sluice.console.pipeline_watch import PipelineSample, PipelineWatch
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaStatus, TopicStatus
from sluice.view.pipeline_status import RUNNING, PipelineStatus, ProcessStatus
from sluice.view.sink_lag import SinkLag
from tests.unit.sluice.console.test_pipeline_picture import WELL

KAFKA = ProcessStatus(name="kafka", pid=1, memory_bytes=1, uptime_seconds=1, state=RUNNING)


class Pipeline:
    """Stand-in for a pipeline: each sample is the next status."""

    def __init__(self, *statuses: PipelineStatus) -> None:
        self._statuses = iter(statuses)
        self.processes: list[Sequence[ProcessStatus] | None] = []
        self.endpoints: Any = SimpleNamespace(consumer=None)

    def status(self, fetch: Any = None, *, processes: Sequence[ProcessStatus] | None = None) -> PipelineStatus:
        assert fetch is not None, "the clients are kept"
        self.processes.append(processes)
        return next(self._statuses)

    def variables(self) -> dict[str, str]:
        return {}

    @property
    def proofs_folder(self) -> Path:
        raise NotImplementedError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes two seconds between two samples."""
    now = [100.0]
    monkeypatch.setattr(pipeline_watch.time, "monotonic", lambda: now[0])
    return now


def written(records: int, committed: int) -> PipelineStatus:
    topics = (TopicStatus(name="gps-fixes", partitions=4, messages=5, written=records),)
    return replace(
        WELL,
        processes=(KAFKA,),
        kafka=KafkaStatus(identity="c", brokers=("b:1",), topics=topics),
        lags=(SinkLag(connector="mysql-sink", records=records - committed, committed={"gps-fixes": committed}),),
    )


def rates(sample: PipelineSample) -> dict[str, float | None]:
    edges = picture_object(sample)["edges"]
    return {edge["begin"]: edge["rate"] for edge in edges if "gps-fixes" in edge["begin"] + edge["end"]}


def test_rates_are_differences_between_samples(clock: list[float]) -> None:
    gone = replace(WELL, kafka=UnavailableError("Kafka does not answer"), lags=())
    watch = PipelineWatch(Pipeline(written(1000, 0), written(201_000, 100_000), gone, written(201_000, 201_000)))
    assert set(rates(watch.sample()).values()) == {None}
    clock[0] += 2
    assert rates(watch.sample()) == {"loads": 100_000, "topic:gps-fixes": 50_000}
    clock[0] += 2
    assert set(rates(watch.sample()).values()) == {None}, "nothing moves while nothing is known"
    clock[0] += 2
    assert rates(watch.sample())["loads"] == pytest.approx(200_000 / 6)


def test_what_was_written_while_no_page_was_open_is_no_rate(clock: list[float]) -> None:
    watch = PipelineWatch(Pipeline(written(0, 0), written(0, 0), written(1_000_000, 1_000_000), written(1_000_000, 0)))
    watch.sample()
    clock[0] += 2
    assert rates(watch.sample())["loads"] == 0
    watch.close()
    clock[0] += 3
    assert set(rates(watch.sample()).values()) == {None}
    clock[0] += 2
    assert rates(watch.sample())["loads"] == 0


def test_a_lag_has_its_trend(clock: list[float]) -> None:
    watch = PipelineWatch(Pipeline(written(1000, 0), written(1000, 200), written(1000, 1000)))
    for change in (None, -100, None):
        (lag,) = watch.sample().status.lags  # pyright: ignore[reportGeneralTypeIssues] Kafka answers
        assert lag.change_per_second == change
        clock[0] += 2


def test_processes_are_looked_for_seldom_while_all_run(clock: list[float]) -> None:
    down = replace(written(0, 0), processes=(replace(KAFKA, state="not running"),))
    pipeline = Pipeline(down, down, *[written(0, 0)] * 7)
    watch = PipelineWatch(pipeline)
    for _ in range(9):
        watch.sample()
        clock[0] += 2
    looked = [processes is None for processes in pipeline.processes]
    assert looked == [True, True, True, False, False, False, False, True, False]
