"""Base class of both loads: reads ahead in a thread, sends, waits for acknowledgements, reports."""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from producer.kafka import kafka_errors
from producer.kafka.delivery import Delivery
from producer.kafka.record_arrays import Records
from producer.runtime.exit_status import Exit, SluiceError
from producer.shared.base_report import BaseLoadReport
from producer.shared.interrupts import StopLoadError
from producer.shared.rejects import Reject, RejectReason
from producer.shared.rejects_file import RejectFile
from producer.sources.prefetch import Prefetch
from producer.sources.source_errors import SourceCutError

SOURCE_DAMAGED = (
    "The source itself is cut or damaged, and loading it again does not help: create or download it again and load "
    "that; records that were sent already are only written again."
)
LOAD_AGAIN = "The same command again finishes the work: records that were sent already are only written again."
_AHEAD = 2
"""Blocks of rows, or images, read ahead. They and the queue of Kafka's client are all that is held in memory."""

StatusAndProblem: TypeAlias = tuple[Exit, str | None]
"""Exit status, and the message for standard error if not everything was loaded."""
Item = TypeVar("Item")
AnyReport = TypeVar("AnyReport", bound=BaseLoadReport)


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """Options of a load."""

    tombstones: bool = False
    """Send null values, which delete, instead of the source's."""
    max_rejects: int | None = None
    """Stop once more rows or files than this are rejected; None loads to the end."""


class BaseLoad(ABC, Generic[Item, AnyReport]):
    """One load. A subclass reads its source as items, takes them one by one, and makes the report.

    `tick` is called about ten times a second while something is waited for; it may raise StopLoadError.
    """

    sent_unit: ClassVar[str]
    """What is sent: "rows" or "images"."""
    read_unit: ClassVar[str]
    """What is read and may be rejected: "rows" or "files"."""

    def __init__(
        self,
        source_name: str,
        *,
        delivery: Delivery,
        rejects: RejectFile,
        options: LoadOptions,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._source_name = source_name
        self._delivery = delivery
        self._rejects_file = rejects
        self._options = options
        self._tick = tick
        self._rejected: Counter[RejectReason] = Counter()

    def run(self) -> AnyReport:
        """Load the source; returns a report, also after an error: only unexpected exceptions are raised."""
        begun = time.perf_counter()
        ended_early = self._stage(self._send_all)
        not_settled = self._stage(lambda: self._delivery.finish(tick=self._tick))
        self._delivery.abandon()
        seconds = time.perf_counter() - begun
        status, problem = (
            ended_early or not_settled or self._unacknowledged() or self._too_many_rejects() or self._final_status()
        )
        return self._report(
            source=self._source_name,
            rejected=self._rejected,
            seconds=seconds,
            status=status,
            problem=problem,
            acknowledged=self._delivery.acknowledged,
            failed=self._delivery.handed - self._delivery.acknowledged,
            tombstones=self._options.tombstones,
            rejects_file=self._rejects_file.path if self._rejects_file.written else None,
        )

    @abstractmethod
    def _read(self) -> Iterator[Item]:
        """Read, check and encode; runs in the thread that reads ahead."""

    @abstractmethod
    def _take(self, item: Item) -> None:
        """Hand an item's records to _send() and its rejects to _reject()."""

    @abstractmethod
    def _progress(self) -> str:
        """Return how far the source was read, for the message that it ended early."""

    @abstractmethod
    def _final_status(self) -> StatusAndProblem:
        """Return the status of a load that read its source as far as it should, with everything sent acknowledged."""

    @abstractmethod
    def _report(self, **fields: Any) -> AnyReport:
        """Make the report; `fields` are those of BaseLoadReport."""

    def _send(self, records: Records) -> None:
        self._delivery.send(records, tick=self._tick)

    def _reject(self, rejects: Sequence[Reject]) -> None:
        self._rejected.update(reject.reason for reject in rejects)
        self._rejects_file.write(rejects)

    def _send_all(self) -> None:
        ahead = Prefetch(self._read(), depth=_AHEAD)
        try:
            while self._delivery.problem is None and not self._has_too_many_rejects():
                item = ahead.next(self._tick)
                if item is None:
                    return
                self._take(item)
        finally:
            ahead.stop()

    def _stage(self, work: Callable[[], None]) -> StatusAndProblem | None:
        """Run a part of the load; returns status and problem if an error has ended it."""
        try:
            work()
        except StopLoadError:
            return Exit.INTERRUPTED, "interrupted"
        except SourceCutError as error:
            advice = SOURCE_DAMAGED if error.is_cut else LOAD_AGAIN
            return error.status, f"{error}, {self._progress()}. {advice}"
        except SluiceError as error:
            return error.status, str(error)
        return None

    def _unacknowledged(self) -> StatusAndProblem | None:
        """Return status and problem if not all records that were sent are acknowledged."""
        acknowledged, problem = self._delivery.acknowledged, self._delivery.problem
        failed = self._delivery.handed - acknowledged
        if not failed and problem is None:
            return None
        cause = kafka_errors.explain(problem, self._delivery.last_error)
        again = "" if problem is not None and kafka_errors.is_final(problem) else f" {LOAD_AGAIN}"
        return Exit.INCOMPLETE, (
            f"{acknowledged:,} {self.sent_unit} were acknowledged, {failed:,} were not: {cause}.{again}"
        )

    def _has_too_many_rejects(self) -> bool:
        allowed = self._options.max_rejects
        return allowed is not None and self._rejected.total() > allowed

    def _too_many_rejects(self) -> StatusAndProblem | None:
        """Return status and problem if --max-rejects has ended the load."""
        if not self._has_too_many_rejects():
            return None
        allowed = self._options.max_rejects or 0
        return Exit.REJECTED, f"stopped: more than {allowed:,} {self.read_unit} were rejected (--max-rejects)"
