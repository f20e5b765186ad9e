"""A load: from an open source to acknowledged records and a report that adds up."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from exits import Exit, SluiceError
from producer import trouble
from producer.ahead import Ahead
from producer.blocks import read_blocks
from producer.convert import Batch, Converter
from producer.delivery import Delivery
from producer.gps import Reason
from producer.rejects import RejectFile
from producer.report import LoadReport
from producer.sources import Source, SourceCutError

_BATCHES_AHEAD = 2
_AGAIN = "The same command again finishes the work: rows that are there already are only written once more."


class StopLoadError(Exception):
    """Raised by a tick to end a load: what was handed to Kafka is still waited for, unless it comes again."""


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """What a user may choose."""

    tombstones: bool = False
    max_rejects: int | None = None
    """Stop once more rows than this are rejected; None loads to the end."""


class Load:
    """One load. `tick` is called about ten times a second while something is waited for."""

    def __init__(
        self,
        source: Source,
        *,
        delivery: Delivery,
        header: bytes,
        rejects: RejectFile,
        options: LoadOptions,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._delivery = delivery
        self._rejects = rejects
        self._options = options
        self._tick = tick
        self._converter = Converter(header=header, tombstones=options.tombstones, max_rejects=options.max_rejects)
        self._lines = 0
        self._rejected: Counter[Reason] = Counter()

    def run(self) -> LoadReport:
        """Load the source as far as it goes; never raises for what a report can say."""
        begun = time.perf_counter()
        outcome = self._stage(self._send_all)
        settled = self._stage(lambda: self._delivery.finish(tick=self._tick))
        self._delivery.abandon()
        return self._report(outcome or settled, time.perf_counter() - begun)

    def _stage(self, work: Callable[[], None]) -> tuple[Exit, str] | None:
        """Do one part of the load; returns what ended it early, if anything did."""
        try:
            work()
        except StopLoadError:
            return Exit.INTERRUPTED, "interrupted"
        except SourceCutError as error:
            return error.status, f"{error}, {self._lines:,} lines in all. {_AGAIN}"
        except SluiceError as error:
            return error.status, str(error)
        return None

    def _send_all(self) -> None:
        ahead = Ahead(self._batches(), depth=_BATCHES_AHEAD)
        try:
            while self._delivery.problem is None and (batch := ahead.next(self._tick)) is not None:
                self._take(batch)
        finally:
            ahead.stop()

    def _batches(self) -> Iterator[Batch]:
        """Read and convert; runs in the thread that works ahead."""
        for block in read_blocks(self._source.stream):
            yield self._converter.convert(block)
            if self._converter.stopped:
                return

    def _take(self, batch: Batch) -> None:
        self._lines = batch.lines
        self._rejected.update(reject.reason for reject in batch.rejects)
        self._rejects.write(batch.rejects)
        for records in batch.records:
            self._delivery.send(records, tick=self._tick)

    def _report(self, outcome: tuple[Exit, str] | None, seconds: float) -> LoadReport:
        acknowledged = self._delivery.acknowledged
        failed = self._delivery.handed - acknowledged
        status, problem = outcome or self._verdict(failed, acknowledged)
        return LoadReport(
            source=self._source.name,
            rows=self._delivery.handed + self._rejected.total(),
            lines=self._lines,
            acknowledged=acknowledged,
            rejected=self._rejected,
            failed=failed,
            tombstones=self._options.tombstones,
            seconds=seconds,
            rejects_file=self._rejects.path if self._rejected else None,
            status=status,
            problem=problem,
        )

    def _verdict(self, failed: int, acknowledged: int) -> tuple[Exit, str | None]:
        """Judge a load whose source was read as far as it should be."""
        problem = self._delivery.problem
        if failed or problem is not None:
            cause = trouble.why(problem, self._delivery.last_error)
            again = "" if problem is not None and trouble.is_final(problem) else f" {_AGAIN}"
            return Exit.INCOMPLETE, f"{acknowledged:,} rows were acknowledged, {failed:,} were not: {cause}.{again}"
        allowed = self._options.max_rejects or 0
        rejected = self._rejected.total()
        if self._converter.stopped:
            return Exit.REJECTED, f"stopped: more than {allowed:,} rows were rejected (--max-rejects)"
        return (Exit.REJECTED if rejected > allowed else Exit.OK), None
