import math
import struct
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason
from producer.runtime.exit_status import SluiceError
from sluice.proof.gps.external_sort import RejectedRow, SortedFixes, SortedRejects

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
fixes = st.builds(
    GpsFix,
    utime=st.integers(0, 2**62),
    fix_mode=st.integers(0, 3),
    satellites=st.integers(0, 2**31 - 1),
    latitude=numbers,
    longitude=numbers,
    altitude=numbers,
    track=numbers,
    speed=numbers,
)


def bits(item: GpsFix) -> tuple[object, ...]:
    return tuple(struct.pack("<d", value) if isinstance(value, float) else value for value in item)


@given(st.lists(fixes, unique_by=lambda item: item.utime), st.integers(1, 7))
def test_fixes_come_out_sorted_and_unchanged_bit_for_bit(items: list[GpsFix], run_rows: int):
    with SortedFixes(run_rows=run_rows) as sorted_rows:
        for item in items:
            sorted_rows.add(item)
        assert len(sorted_rows) == len(items)
        for _ in range(2):
            assert [bits(item) for item in sorted_rows] == [
                bits(item) for item in sorted(items, key=lambda item: item.utime)
            ]


def test_negative_zero_and_null_survive_the_disk():
    with SortedFixes(run_rows=1) as sorted_rows:
        sorted_rows.add(GpsFix(5, 3, 0, -0.0, 0.0, None, None, 5e-324))
        (back,) = sorted_rows
    assert back.latitude is not None
    assert math.copysign(1, back.latitude) == -1
    assert back[4:] == (0.0, None, None, 5e-324)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> BinaryIO:
        return Path("/dev/full").open("wb")

    monkeypatch.setattr("sluice.proof.gps.external_sort.TemporaryFile", full)
    with SortedFixes(run_rows=1) as fixes, pytest.raises(SluiceError, match=r"No space left on device\. Point TMPDIR"):
        fixes.add(GpsFix(1, 3, 0, 0.0, 0.0, None, None, None))


def test_a_missing_temporary_folder_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/nowhere']")

    monkeypatch.setattr("sluice.proof.gps.external_sort.TemporaryFile", nowhere)
    with SortedFixes(run_rows=1) as fixes, pytest.raises(SluiceError, match="No usable temporary directory"):
        fixes.add(GpsFix(1, 3, 0, 0.0, 0.0, None, None, None))


rejects = st.builds(RejectedRow, st.integers(-(2**63), 2**63 - 1), st.integers(1, 2**40), st.sampled_from(RowReason))


@given(st.lists(rejects), st.integers(1, 7))
def test_rejected_rows_come_out_sorted_in_two_passes_at_once(items: list[RejectedRow], run_rows: int):
    with SortedRejects(run_rows=run_rows) as sorted_rows:
        for item in items:
            sorted_rows.add(item)
        pairs = list(zip(sorted_rows, sorted_rows, strict=True))
    assert all(one == other for one, other in pairs)
    assert [one.utime for one, _ in pairs] == sorted(item.utime for item in items)
    assert sorted(one for one, _ in pairs if one.reason is RowReason.ANGLE) == sorted(
        item for item in items if item.reason is RowReason.ANGLE
    )
