import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.gps.partition import BLOCK_BITS, block_partitions, partition_of_key
from producer.kafka.record_arrays import ANY_PARTITION

BLOCK = 1 << BLOCK_BITS
UTIME = 1_353_099_678_298_235


@given(utime=st.integers(-(1 << 63), (1 << 63) - 1), count=st.integers(1, 100))
def test_a_record_by_itself_has_the_partition_that_a_load_gives_it(utime: int, count: int) -> None:
    (partition,) = block_partitions(np.array([utime]), count).tolist()
    assert partition_of_key(b"%d" % utime, count) == partition
    assert 0 <= partition < count


def test_neighbours_in_time_share_a_partition_and_blocks_take_turns() -> None:
    first = UTIME // BLOCK * BLOCK
    inside = block_partitions(np.arange(first, first + BLOCK, 200_000), 4)
    assert set(inside.tolist()) == {first // BLOCK % 4}
    turns = block_partitions(np.arange(first, first + 8 * BLOCK, BLOCK), 4)
    assert (np.diff(turns) % 4 == 1).all()


def test_the_partition_of_a_key_never_changes() -> None:
    """Another program may compute it: docs/adr/0015-partition-by-time.md has this example."""
    assert partition_of_key(b"1353099678298235", 4) == 0


@pytest.mark.parametrize(
    "key",
    [None, b"", b"x", b"+5", b"05", b"-0", b" 5", b"5\n", b"5.0", b"9223372036854775808", b"-9223372036854775809"],
)
def test_a_key_that_is_no_utime_is_left_to_the_partitioner(key: bytes | None) -> None:
    assert partition_of_key(key, 4) == ANY_PARTITION
