"""Samples of a pipeline, with the rates since those before: one sampler for all views that show its state."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from sluice.console.letter_reasons import LetterReasons, Reasons
from sluice.console.node_state import dead_processes
from sluice.console.pipeline_picture import IMAGES_STORE, Rates
from sluice.console.rate_meter import RateMeter
from sluice.console.sampler import Sampler
from sluice.console.shown_pipeline import ShownPipeline
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_inspector import PipelineInspector
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX, PipelineStatus, ProcessStatus
from sluice.view.sink_lag import SinkLag

SAMPLE_SECONDS = 2.0
PROCESSES_SECONDS = 10.0
"""Time for which the local pipeline's processes are not looked for again: it takes the whole process table."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class PipelineSample:
    """A status, and what was known before."""

    status: PipelineStatus
    known: PipelineStatus
    """The status in which Kafka and Connect, where they do not answer, are as they were when they last did."""
    rates: Rates
    letters: Reasons


def pipeline_samples(pipeline: ShownPipeline) -> Sampler[PipelineSample]:
    """Return the sampler of a pipeline's state."""
    watch = PipelineWatch(pipeline)
    return Sampler(watch.sample, seconds=SAMPLE_SECONDS, at_end=watch.close)


class PipelineWatch:
    """Takes samples of a pipeline by clients that it keeps."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self._pipeline = pipeline
        self._inspector = PipelineInspector()
        self._letters = LetterReasons(pipeline)
        self._meter = RateMeter()
        self._measured_at = float("-inf")
        self._processes: tuple[tuple[ProcessStatus, ...], float] | None = None
        """The local pipeline's, and until when they hold."""
        self._known: PipelineStatus | None = None

    def close(self) -> None:
        """Close the clients; the next sample opens them again. What changes until then is no rate."""
        self._inspector.close()
        self._letters.close()
        self._meter = RateMeter()
        self._measured_at = float("-inf")

    def sample(self) -> PipelineSample:
        """Query all parts; raises SluiceError."""
        now = time.monotonic()
        processes = self._processes[0] if self._processes and now < self._processes[1] else None
        status = self._pipeline.status(self._inspector.fetch, processes=processes)
        if processes is None and status.processes and not dead_processes(status):
            self._processes = status.processes, now + PROCESSES_SECONDS
        status, rates = self._measure(status, at=time.monotonic())
        known = self._known = _with_last_known(status, self._known)
        letters = self._letters.newest(_written_letters(status))
        return PipelineSample(status=status, known=known, rates=rates, letters=letters)

    def _measure(self, status: PipelineStatus, *, at: float) -> tuple[PipelineStatus, Rates]:
        """Note all counts; returns the status with how fast its lags change, and the rates."""
        note, kafka, mysql = self._meter.note, status.kafka, status.mysql
        topics = () if isinstance(kafka, UnavailableError) else kafka.topics
        lags = () if isinstance(status.lags, UnavailableError) else status.lags
        tables = () if isinstance(mysql, UnavailableError) else mysql.tables
        stores = {
            # A count that is older than the last sample is that one's.
            table.name: self._meter.rate(f"store {table.name}")
            if table.age_seconds > at - self._measured_at
            else note(f"store {table.name}", table.rows, at=at - table.age_seconds, grows=False, seldom=True)
            for table in tables
        }
        self._measured_at = at
        if isinstance(status.redis, int):
            stores[IMAGES_STORE] = note(f"store {IMAGES_STORE}", status.redis, at=at, grows=False)
        rates = Rates(
            topics={topic.name: note(f"topic {topic.name}", topic.written, at=at) for topic in topics},
            commits={
                (lag.connector, topic): note(f"commits {lag.connector} {topic}", committed, at=at)
                for lag in lags
                for topic, committed in lag.committed.items()
            },
            stores=stores,
        )
        return (replace(status, lags=self._trends(lags, at=at)) if lags else status), rates

    def _trends(self, lags: Iterable[SinkLag], *, at: float) -> tuple[SinkLag, ...]:
        changes = [(lag, self._meter.note(f"lag {lag.connector}", lag.records, at=at, grows=False)) for lag in lags]
        return tuple(replace(lag, change_per_second=change) if lag.records else lag for lag, change in changes)


def _with_last_known(status: PipelineStatus, last: PipelineStatus | None) -> PipelineStatus:
    if last is None:
        return status
    return replace(status, kafka=_known(status.kafka, last.kafka), connect=_known(status.connect, last.connect))


def _known(answer: Answer | UnavailableError, last: Answer | UnavailableError) -> Answer | UnavailableError:
    return last if isinstance(answer, UnavailableError) else answer


def _written_letters(status: PipelineStatus) -> dict[str, int]:
    topics = () if isinstance(status.kafka, UnavailableError) else status.kafka.topics
    return {topic.name: topic.written for topic in topics if topic.name.endswith(DEAD_LETTERS_SUFFIX)}
