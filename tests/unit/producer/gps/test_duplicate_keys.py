import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.gps.duplicate_keys import UtimeSet
from producer.runtime.exit_status import SluiceError

utimes = st.integers(0, 60)
steps = st.lists(utimes | st.lists(utimes, max_size=8), max_size=40)


@settings(max_examples=300, deadline=None)
@given(steps=steps)
def test_it_behaves_like_a_set(steps: list[int | list[int]]) -> None:
    seen, expected = UtimeSet(), set[int]()
    for step in steps:
        if isinstance(step, int):
            assert seen.add(step) is (step not in expected)
            expected.add(step)
        else:
            rising = all(a < b for a, b in zip([max(expected, default=-1), *step], step, strict=False))
            assert seen.add_rising(np.array(step, dtype=np.int64)) is rising
            expected |= set(step) if rising else set()
    seen.close()


@pytest.mark.parametrize("count", [1_023, 1_024, 1_025, 70_000])
def test_utimes_written_to_disk_are_found(count: int) -> None:
    seen = UtimeSet()
    even = np.arange(0, 2 * count, 2, dtype=np.int64)
    for start in range(0, count, 700):
        assert seen.add_rising(even[start : start + 700])
    places = sorted({0, 1, count // 2, count - 1, *range(1_020, min(count, 1_030))})
    assert not any(seen.add(2 * place) for place in places)
    assert all(seen.add(2 * place - 1) for place in places)
    assert not any(seen.add(2 * place - 1) for place in places)


def test_a_block_that_does_not_rise_leaves_nothing_behind() -> None:
    seen = UtimeSet()
    assert not seen.add_rising(np.array([1, 3, 2], dtype=np.int64))
    assert all(seen.add(utime) for utime in (1, 2, 3))
    assert not seen.add_rising(np.array([3, 4], dtype=np.int64))
    assert seen.add(4)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_an_error_with_advice() -> None:
    seen = UtimeSet()
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, seen._file.fileno())  # pyright: ignore[reportPrivateUsage] no disk is filled for this
    os.close(full)
    with pytest.raises(SluiceError, match="TMPDIR"):
        seen.add_rising(np.arange(1 << 17, dtype=np.int64))
