"""Reads the source again, by the plain parser, and sums up what is in it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, BinaryIO

from producer.gps.check_rows import RowReject, read_fixes
from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason
from sluice.proof.gps.external_sort import RefusedRow, SortedFixes, SortedRefusals

if TYPE_CHECKING:
    from typing_extensions import Buffer

NULLABLE = ("latitude", "longitude", "altitude", "track", "speed")
PROGRESS_ROWS = 2_000


@dataclass(frozen=True, kw_only=True)
class SourceSummary:
    """What a source holds."""

    name: str
    bytes_read: int
    """Bytes of the log itself, unpacked where it is packed."""
    sha256: str
    """Of those bytes, in hex."""
    accepted: int
    """Rows with a fix: those that must be in the table."""
    rejected: int
    first_utime: int | None
    """Smallest utime accepted, µs since the epoch; None where no row was."""
    last_utime: int | None
    in_order: bool
    """True where no utime is smaller than the one before."""
    fix_modes: dict[int, int]
    """Rows of each fix mode."""
    nulls: dict[str, int]
    """Rows in which each field of NULLABLE is null."""
    reasons: dict[RowReason, int]
    """Rows rejected for each reason."""
    rejects: tuple[RowReject, ...]
    """The first rows rejected, up to a limit."""

    @property
    def rows(self) -> int:
        """Rows read, with or without a fix."""
        return self.accepted + self.rejected


class _Hashing(RawIOBase):
    """A stream that hashes and counts what is read through it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self.digest.update(data)
        self.size += len(data)
        return len(data)


class _Tally:
    """Counts fixes and rejects as they come."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self.reasons: Counter[RowReason] = Counter()
        self.rejects: list[RowReject] = []
        self.fix_modes: Counter[int] = Counter()
        self.nulls: Counter[str] = Counter()
        self.first: int | None = None
        self.last: int | None = None
        self.in_order = True
        self._before = 0

    def fix(self, fix: GpsFix) -> None:
        utime = fix.utime
        self.in_order &= utime >= self._before
        self._before = utime
        self.first = utime if self.first is None else min(self.first, utime)
        self.last = utime if self.last is None else max(self.last, utime)
        self.fix_modes[fix.fix_mode] += 1
        if None in fix:
            self.nulls.update(name for name in NULLABLE if getattr(fix, name) is None)

    def reject(self, reject: RowReject) -> None:
        self.reasons[reject.reason] += 1
        if len(self.rejects) < self._limit:
            self.rejects.append(reject)


def read_source(
    stream: BinaryIO,
    *,
    name: str,
    into: SortedFixes,
    refused: SortedRefusals,
    limit: int,
    progress: Callable[[int], None],
) -> SourceSummary:
    """Read every row of `stream`: the fixes go `into` the sorter, the rejects are counted and `limit` listed.

    The utimes that rejects name go into `refused`; not those of duplicates, for an accepted row has the same.
    `progress` is called with the number of rows now and then. Raises what the stream raises where it is cut.
    """
    hashing = _Hashing(stream)
    buffered = BufferedReader(hashing, buffer_size=1 << 20)
    tally = _Tally(limit=limit)
    for number, row in enumerate(read_fixes(buffered, name=name), start=1):
        if isinstance(row, GpsFix):
            tally.fix(row)
            into.add(row)
        else:
            tally.reject(row)
            if row.utime is not None and row.reason is not RowReason.DUPLICATE:
                refused.add(RefusedRow(row.utime, row.line_number, row.reason))
        if number % PROGRESS_ROWS == 0:
            progress(number)
    return SourceSummary(
        name=name,
        bytes_read=hashing.size,
        sha256=hashing.digest.hexdigest(),
        accepted=len(into),
        rejected=sum(tally.reasons.values()),
        first_utime=tally.first,
        last_utime=tally.last,
        in_order=tally.in_order,
        fix_modes=dict(sorted(tally.fix_modes.items())),
        nulls={field: tally.nulls[field] for field in NULLABLE},
        reasons=dict(tally.reasons.most_common()),
        rejects=tuple(tally.rejects),
    )
