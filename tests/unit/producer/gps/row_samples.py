"""A good GPS row, variants of it, and shorthand to check a log by the plain path."""

import io

from producer.gps.check_rows import FixReader, RowReject, read_fixes
from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason

UTIME = 1_353_099_678_298_235
GOOD = b"1353099678298235,3,0,0.738168596822093,-1.46098603965911,264.4,11.3,0.005"
FIX = GpsFix(UTIME, 3, 0, 0.738168596822093, -1.46098603965911, 264.4, 11.3, 0.005)
COLUMNS = ("utime", "fix_mode", "satellites", "latitude", "longitude", "altitude", "track", "speed")


def row(**changed: str) -> bytes:
    """GOOD with other texts in the columns named."""
    fields = dict(zip(COLUMNS, GOOD.decode().split(","), strict=True)) | changed
    return ",".join(fields.values()).encode()


def read(log: bytes) -> tuple[list[GpsFix | RowReject], FixReader]:
    """The fixes and rejects of a log, and its reader."""
    reader = read_fixes(io.BytesIO(log))
    return list(reader), reader


def reasons(log: bytes) -> list[tuple[int, RowReason]]:
    """Line number and reason of each reject of a log."""
    return [(reject.line_number, reject.reason) for reject in read(log)[0] if isinstance(reject, RowReject)]
