"""A load: from an open source to acknowledged records and a report that adds up."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from producer.gps.check_rows import Reason
from producer.gps.convert_blocks import Batch, Converter
from producer.gps.line_blocks import read_blocks
from producer.gps.load_report import LoadReport
from producer.gps.open_log import LogSource
from producer.kafka.delivery import Delivery
from producer.runtime.exit_status import Exit
from producer.shared.load_stages import run_stages, too_many_rejects, unacknowledged
from producer.shared.rejects_file import RejectFile
from producer.sources.prefetch import Prefetch

_BATCHES_AHEAD = 2


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
        source: LogSource,
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
        self._converter = Converter(
            header=header, name=source.name, tombstones=options.tombstones, max_rejects=options.max_rejects
        )
        self._lines = 0
        self._rejected: Counter[Reason] = Counter()

    def run(self) -> LoadReport:
        """Load the source as far as it goes; never raises for what a report can say."""
        begun = time.perf_counter()
        outcome = run_stages(
            self._send_all, self._delivery, tick=self._tick, how_far=lambda: f"{self._lines:,} lines in all"
        )
        return self._report(outcome, time.perf_counter() - begun)

    def _send_all(self) -> None:
        ahead = Prefetch(self._batches(), depth=_BATCHES_AHEAD)
        try:
            while self._delivery.problem is None and (batch := ahead.next(self._tick)) is not None:
                self._take(batch)
        finally:
            ahead.stop()

    def _batches(self) -> Iterator[Batch]:
        """Read and convert; runs in the thread that works ahead."""
        for block in read_blocks(self._source.stream):
            yield self._converter.convert(block)
            if self._converter.problem:
                raise self._converter.problem
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
        status, problem = outcome or unacknowledged(self._delivery, things="rows") or self._verdict()
        return LoadReport(
            source=self._source.name,
            rows=self._delivery.handed + self._rejected.total(),
            lines=self._lines,
            acknowledged=acknowledged,
            rejected=self._rejected,
            failed=failed,
            tombstones=self._options.tombstones,
            seconds=seconds,
            rejects_file=self._rejects.path if self._rejects.written else None,
            status=status,
            problem=problem,
        )

    def _verdict(self) -> tuple[Exit, str | None]:
        """Judge a load whose source was read as far as it should be, and all of it acknowledged."""
        allowed = self._options.max_rejects or 0
        if self._converter.stopped:
            return too_many_rejects(allowed, things="rows")
        if not self._delivery.handed and not self._rejected:
            return Exit.FAILED, f"{self._source.name} has no row: {self._what_it_has()}"
        return (Exit.REJECTED if self._rejected.total() > allowed else Exit.OK), None

    def _what_it_has(self) -> str:
        checker = self._converter.checker
        return (
            "it ends after the names of the columns" if checker.has_header else "there are only blank lines or comments"
        )
