"""View Pipeline: the picture of the pipeline, with counts and rates."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sluice.console.letter_reasons import LetterReasons
from sluice.console.node_state import dead_processes, part_states, pipeline_notes, pipeline_problems
from sluice.console.pipeline_picture import IMAGES_STORE, PipelinePicture, Rates
from sluice.console.rate_meter import RateMeter
from sluice.console.sampler import Sampler, events
from sluice.console.shown_pipeline import ShownPipeline
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_inspector import PipelineInspector
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX, PipelineStatus, ProcessStatus

SAMPLE_SECONDS = 2.0
PROCESSES_SECONDS = 10.0
"""Time for which the local pipeline's processes are not looked for again: it takes the whole process table."""

Answer = TypeVar("Answer")


def routes(pipeline: ShownPipeline) -> Sequence[Route]:
    """Return the requests of this view."""
    watch = PipelineWatch(pipeline)
    sampler = Sampler(watch.sample, seconds=SAMPLE_SECONDS, at_end=watch.close)

    async def send_pictures(_: Request) -> StreamingResponse:
        return events(sampler)

    return [Route("/api/pipeline", send_pictures)]


class PipelineWatch:
    """Takes samples of a pipeline, and draws each with the rates since those before."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self._pipeline = pipeline
        self._inspector = PipelineInspector()
        self._letters = LetterReasons(lambda: pipeline.endpoints)
        self._meter = RateMeter()
        self._processes: tuple[tuple[ProcessStatus, ...], float] | None = None
        """The local pipeline's, and until when they hold."""
        self._known: PipelineStatus | None = None

    def close(self) -> None:
        """Close the clients; the next sample opens them again."""
        self._inspector.close()

    def sample(self) -> dict[str, Any]:
        """Query all parts and return the picture as JSON types; raises SluiceError."""
        now = time.monotonic()
        processes = self._processes[0] if self._processes and now < self._processes[1] else None
        status = self._pipeline.status(self._inspector.fetch, processes=processes)
        if processes is None and status.processes and not dead_processes(status):
            self._processes = status.processes, now + PROCESSES_SECONDS
        self._note(status, at=time.monotonic())
        known = self._known = _with_last_known(status, self._known)
        letters = self._letters.newest(_written_letters(status))
        picture = PipelinePicture(status=status, known=known, rates=self._rates(status), letters=letters).draw()
        return {
            "asked_at": status.asked_at.isoformat().replace("+00:00", "Z"),
            "parts": part_states(status),
            "problems": [asdict(remark) for remark in pipeline_problems(status)],
            "notes": pipeline_notes(status),
            **picture.as_objects(),
        }

    def _note(self, status: PipelineStatus, *, at: float) -> None:
        if not isinstance(status.kafka, UnavailableError):
            for topic in status.kafka.topics:
                self._meter.note(f"topic {topic.name}", topic.written, at=at)
        for lag in () if isinstance(status.lags, UnavailableError) else status.lags:
            for topic, committed in lag.committed.items():
                self._meter.note(f"commits {lag.connector} {topic}", committed, at=at)
        if not isinstance(status.mysql, UnavailableError):
            for table in status.mysql.tables:
                self._meter.note(f"store {table.name}", table.rows, at=at - table.age_seconds, grows=False, seldom=True)
        if isinstance(status.redis, int):
            self._meter.note(f"store {IMAGES_STORE}", status.redis, at=at, grows=False)

    def _rates(self, status: PipelineStatus) -> Rates:
        kafka, mysql = status.kafka, status.mysql
        topics = [] if isinstance(kafka, UnavailableError) else [topic.name for topic in kafka.topics]
        stores = [] if isinstance(mysql, UnavailableError) else [table.name for table in mysql.tables]
        lags = () if isinstance(status.lags, UnavailableError) else status.lags
        return Rates(
            topics={name: self._meter.rate(f"topic {name}") for name in topics},
            commits={
                (lag.connector, topic): self._meter.rate(f"commits {lag.connector} {topic}")
                for lag in lags
                for topic in lag.committed
            },
            stores={name: self._meter.rate(f"store {name}") for name in (*stores, IMAGES_STORE)},
        )


def _with_last_known(status: PipelineStatus, last: PipelineStatus | None) -> PipelineStatus:
    """Return a status in which a part that does not answer is as it was when it last did, so that its nodes stay."""
    if last is None:
        return status
    return replace(status, kafka=_known(status.kafka, last.kafka), connect=_known(status.connect, last.connect))


def _known(answer: Answer | UnavailableError, last: Answer | UnavailableError) -> Answer | UnavailableError:
    return last if isinstance(answer, UnavailableError) else answer


def _written_letters(status: PipelineStatus) -> dict[str, int]:
    topics = () if isinstance(status.kafka, UnavailableError) else status.kafka.topics
    return {topic.name: topic.written for topic in topics if topic.name.endswith(DEAD_LETTERS_SUFFIX)}
