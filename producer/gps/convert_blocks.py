"""Converts blocks of lines into records and rejects: by the fast path if it accepts every row, else row by row.

Fast path: parse_columns.py, encode_columns.py. Plain path: check_rows.py, encode_row.py. The encoders are those of the
format (row_formats.py).
"""

from dataclasses import dataclass, field
from functools import partial

from producer.gps.check_rows import RowChecker, RowReject
from producer.gps.encode_row import encode_key
from producer.gps.header import HeaderError
from producer.gps.log_lines import LINE_LIMIT, Block
from producer.gps.parse_columns import parse_columns
from producer.gps.parse_row import GpsFix
from producer.gps.partition import partition_of_key
from producer.gps.record_layout import encode_tombstones
from producer.gps.row_formats import RowEncoder
from producer.kafka.record_arrays import Records

_ONE_BY_ONE = 256
"""A block of at most so many lines that the fast path does not accept is checked line by line, not halved again."""


@dataclass(kw_only=True)
class Batch:
    """Records and rejects of a block of lines."""

    records: list[Records] = field(default_factory=list[Records])
    """Records of the accepted rows, in order."""
    rejects: list[RowReject] = field(default_factory=list[RowReject])
    lines: int = 0
    """Lines of the source up to the end of this block."""


class Converter:
    """Converts a log's blocks in order; `checker` keeps counts, utimes and column order between them.

    `partitions` is the topic's number of partitions, `name` the log's name for messages.
    """

    def __init__(
        self,
        encoder: RowEncoder,
        *,
        partitions: int,
        name: str = "the log",
        tombstones: bool = False,
        max_rejects: int | None = None,
    ) -> None:
        self.checker = RowChecker(name=name)
        self.stopped = False
        """Whether more than `max_rejects` rows were rejected or a header did not fit: nothing more is converted."""
        self.problem: HeaderError | None = None
        """The error of a header that did not fit."""
        self._encoder = encoder
        self._partitions = partitions
        self._tombstones = tombstones
        self._max_rejects = max_rejects
        self._rejected = 0
        self._singles: list[tuple[bytes, bytes | None]] = []

    def convert(self, block: Block) -> Batch:
        """Return the records of all accepted rows, in order, and all rejects."""
        batch = Batch()
        if block.overlong is not None:
            self._convert_line(block.data, batch, length=block.overlong)
        else:
            self._convert_block(block.data, batch)
        self._flush_singles(batch)
        batch.lines = self.checker.lines
        return batch

    def _convert_block(self, data: bytes, batch: Batch) -> None:
        if self.checker.lines == 0:  # a header, or a BOM, would keep the first block from being read fast
            first, _, data = data.partition(b"\n")
            self._convert_line(first, batch)
        if data:
            self._convert_lines(data, batch)

    def _convert_lines(self, data: bytes, batch: Batch) -> None:
        """Convert whole lines by the fast path; if it does not accept them, half by half, at last line by line."""
        lines = data.count(b"\n")
        columns = None if self.stopped else parse_columns(data, lines=lines, order=self.checker.order)
        if columns is not None and self.checker.utimes.add_rising(columns.utime):
            self.checker.count_accepted(lines)
            self._flush_singles(batch)
            batch.records.append(
                encode_tombstones(columns.utime, partitions=self._partitions)
                if self._tombstones
                else self._encoder.encode_columns(columns, partitions=self._partitions)
            )
        elif lines <= _ONE_BY_ONE:
            for line in data.split(b"\n")[:-1]:
                self._convert_line(line, batch)
        else:
            middle = data.find(b"\n", len(data) // 2) + 1
            if middle == len(data):  # one long line is more than half of it
                middle = data.rfind(b"\n", 0, len(data) // 2) + 1
            self._convert_lines(data[:middle], batch)
            self._convert_lines(data[middle:], batch)

    def _convert_line(self, line: bytes, batch: Batch, *, length: int | None = None) -> None:
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
            self._singles.append((encode_key(row), None if self._tombstones else self._encoder.encode_value(row)))
        elif row is not None:
            batch.rejects.append(row)
            self._rejected += 1
            self.stopped = self._max_rejects is not None and self._rejected > self._max_rejects

    def _flush_singles(self, batch: Batch) -> None:
        """Add the records of rows that were accepted one by one since the last call."""
        if self._singles:
            partition_of = partial(partition_of_key, count=self._partitions)
            batch.records.append(Records.from_pairs(self._singles, partition_of=partition_of))
            self._singles.clear()
