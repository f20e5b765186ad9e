"""Blocks of lines into messages and rejects: fast where all is plainly right, row by row where it is not."""

from dataclasses import dataclass, field

from producer.gps import encode_row
from producer.gps.check_rows import RowChecker, RowReject
from producer.gps.encode_columns import records
from producer.gps.header import HeaderError
from producer.gps.line_blocks import LINE_LIMIT, Block
from producer.gps.parse_columns import read_columns
from producer.gps.parse_row import GpsFix
from producer.kafka.record_arrays import Records

_ONE_BY_ONE = 256
"""Lines that are no longer cut in half to find the ones that are not plainly right."""


@dataclass(kw_only=True)
class Batch:
    """What became of a block's lines."""

    records: list[Records] = field(default_factory=list[Records])
    """Of the accepted rows, in order."""
    rejects: list[RowReject] = field(default_factory=list[RowReject])
    lines: int = 0
    """Lines of the source up to the end of this block."""


class Converter:
    """Converts a log's blocks in order; `checker` has the counts and what must be remembered between them."""

    def __init__(
        self, *, header: bytes, name: str = "the log", tombstones: bool = False, max_rejects: int | None = None
    ) -> None:
        self.checker = RowChecker(name=name)
        self.stopped = False
        """Whether more than `max_rejects` rows were rejected, or a header did not fit: no more is converted."""
        self.problem: HeaderError | None = None
        """What is wrong with a header."""
        self._header = header
        self._tombstones = tombstones
        self._max_rejects = max_rejects
        self._rejected = 0
        self._singles: list[tuple[bytes, bytes | None]] = []

    def convert(self, block: Block) -> Batch:
        """Return the messages for all accepted rows, in order, and all rejects."""
        batch = Batch()
        if block.overlong is not None:
            self._line(block.data, batch, length=block.overlong)
        else:
            self._block(block.data, batch)
        self._keep_singles(batch)
        batch.lines = self.checker.lines
        return batch

    def _block(self, data: bytes, batch: Batch) -> None:
        if self.checker.lines == 0:  # a header, or a BOM, would keep the first block from being read fast
            first, _, data = data.partition(b"\n")
            self._line(first, batch)
        if data:
            self._lines(data, batch)

    def _lines(self, data: bytes, batch: Batch) -> None:
        lines = data.count(b"\n")
        columns = None if self.stopped else read_columns(data, lines=lines, order=self.checker.order)
        if columns is not None and self.checker.seen.add_rising(columns.utime):
            self.checker.passed(lines)
            self._keep_singles(batch)
            batch.records.append(records(columns, header=self._header, tombstones=self._tombstones))
        elif lines <= _ONE_BY_ONE:
            for line in data.split(b"\n")[:-1]:
                self._line(line, batch)
        else:
            middle = data.find(b"\n", len(data) // 2) + 1
            if middle == len(data):  # one long line is more than half of it
                middle = data.rfind(b"\n", 0, len(data) // 2) + 1
            self._lines(data[:middle], batch)
            self._lines(data[middle:], batch)

    def _line(self, line: bytes, batch: Batch, *, length: int | None = None) -> None:
        if self.stopped:
            return
        if len(line) > LINE_LIMIT:
            line, length = line[:LINE_LIMIT], len(line)
        try:
            row = self.checker.check(line, length=length)
        except HeaderError as error:
            self.problem, self.stopped = error, True
            return
        if isinstance(row, GpsFix):
            value = None if self._tombstones else encode_row.encode_value(row, header=self._header)
            self._singles.append((encode_row.encode_key(row), value))
        elif row is not None:
            batch.rejects.append(row)
            self._rejected += 1
            self.stopped = self._max_rejects is not None and self._rejected > self._max_rejects

    def _keep_singles(self, batch: Batch) -> None:
        """Add the rows accepted one by one since the last time."""
        if self._singles:
            batch.records.append(Records.from_pairs(self._singles))
            self._singles.clear()
