import io

import pytest

from producer.gps.check_rows import RowReject, read_fixes
from producer.gps.log_lines import LINE_LIMIT
from producer.gps.parse_row import find_utime
from producer.gps.reject_reasons import RowReason

from .row_samples import FIX, GOOD, UTIME, read, row


def test_a_row_is_read_with_its_types() -> None:
    assert read(GOOD + b"\n")[0] == [FIX]


def test_a_repeated_utime_is_rejected_and_the_first_row_accepted() -> None:
    again = row(speed="9")
    other = row(utime="1353099678298236")
    rows, _ = read(b"\n".join([GOOD, other, again]))
    assert rows == [FIX, FIX._replace(utime=UTIME + 1), RowReject(3, RowReason.DUPLICATE, again, len(again), UTIME)]


def test_a_rejected_row_does_not_make_the_next_one_a_duplicate() -> None:
    rows, _ = read(row(speed="?") + b"\n" + GOOD)
    assert rows[1] == FIX


def test_blank_lines_are_counted_but_are_no_rows() -> None:
    rows, reader = read(b"\n" + GOOD + b"\r\n  \t\r\n\n")
    assert (rows, reader.checker.blank_lines, reader.checker.lines) == ([FIX], 3, 4)


def test_a_line_that_is_not_utf8_is_rejected_and_kept_unchanged() -> None:
    bad = GOOD[:-1] + b"\xff"
    assert read(bad)[0] == [RowReject(1, RowReason.NOT_UTF8, bad, len(bad), find_utime(bad))]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n" + GOOD])
@pytest.mark.parametrize("length", [LINE_LIMIT + 1, LINE_LIMIT + 2, 200_000])
def test_a_long_line_is_rejected_with_its_length_and_the_next_one_read(length: int, end: bytes) -> None:
    rows, _ = read(b"7" * length + end)
    assert rows[0] == RowReject(1, RowReason.TOO_LONG, b"7" * LINE_LIMIT, length)
    assert rows[1:] == ([FIX] if end.endswith(GOOD) else [])


def test_the_longest_line_allowed_is_read() -> None:
    padded = GOOD.ljust(LINE_LIMIT)
    assert read(padded + b"\n" + padded + b"\r\n")[0][0] == FIX


def test_a_line_without_end_is_not_held_in_memory() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
            if self.given >= 1 << 30:
                return 0
            self.given += len(buffer)
            buffer[:] = bytes(len(buffer))
            return len(buffer)

    (reject,) = read_fixes(io.BufferedReader(Endless(), 1 << 20))
    assert isinstance(reject, RowReject)
    assert (reject.reason, len(reject.row), reject.length) == (RowReason.TOO_LONG, LINE_LIMIT, 1 << 30)


def test_every_reason_is_found_by_its_id_and_has_a_sentence() -> None:
    assert all(RowReason(reason.value) is reason and len(reason.sentence) > 10 for reason in RowReason)
