"""Reads the log again, with the plain parser, and summarizes it: counts, hash, rejects."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, BinaryIO

from producer.gps.check_rows import RowReject, read_fixes
from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason
from sluice.proof.gps.external_sort import RejectedRow, SortedFixes, SortedRejects

if TYPE_CHECKING:
    from typing_extensions import Buffer

NULLABLE = ("latitude", "longitude", "altitude", "track", "speed")
PROGRESS_ROWS = 2_000


@dataclass(frozen=True, kw_only=True)
class RowsSummary:
    """Summary of a log."""

    name: str
    bytes_read: int
    """Bytes of the log itself, decompressed where it is compressed."""
    sha256: str
    """Of those bytes, in hex."""
    accepted: int
    """Rows with a valid fix: those that must be in the table."""
    rejected: int
    first_utime: int | None
    """Smallest utime accepted, µs since the epoch; None where no row was accepted."""
    last_utime: int | None
    in_order: bool
    """True where no utime is smaller than the one before."""
    fix_modes: dict[int, int]
    """Rows of each fix mode."""
    nulls: dict[str, int]
    """Rows in which each field of NULLABLE is null."""
    reasons: dict[RowReason, int]
    """Rows rejected, by reject reason."""
    rejects: tuple[RowReject, ...]
    """The first rows rejected, up to a limit."""

    @property
    def rows(self) -> int:
        """Rows read, accepted or rejected."""
        return self.accepted + self.rejected


class _HashingStream(RawIOBase):
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


class _SourceTally:
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


def read_rows(
    stream: BinaryIO,
    *,
    name: str,
    fixes: SortedFixes,
    rejects: SortedRejects,
    limit: int,
    progress: Callable[[int], None],
) -> RowsSummary:
    """Read every row of `stream`: adds the fixes to `fixes`; counts the rejects and lists the first `limit`.

    Rejects with a utime are added to `rejects`; not duplicates, for an accepted row has the same utime. `progress` is
    called now and then with the number of rows. Raises what the stream raises where it is truncated.
    """
    hashing = _HashingStream(stream)
    buffered = BufferedReader(hashing, buffer_size=1 << 20)
    tally = _SourceTally(limit=limit)
    for number, row in enumerate(read_fixes(buffered, name=name), start=1):
        if isinstance(row, GpsFix):
            tally.fix(row)
            fixes.add(row)
        else:
            tally.reject(row)
            if row.utime is not None and row.reason is not RowReason.DUPLICATE:
                rejects.add(RejectedRow(row.utime, row.line_number, row.reason))
        if number % PROGRESS_ROWS == 0:
            progress(number)
    return RowsSummary(
        name=name,
        bytes_read=hashing.size,
        sha256=hashing.digest.hexdigest(),
        accepted=len(fixes),
        rejected=sum(tally.reasons.values()),
        first_utime=tally.first,
        last_utime=tally.last,
        in_order=tally.in_order,
        fix_modes=dict(sorted(tally.fix_modes.items())),
        nulls={field: tally.nulls[field] for field in NULLABLE},
        reasons=dict(tally.reasons.most_common()),
        rejects=tuple(tally.rejects),
    )
