"""Partition of a record of gps-fixes: neighbours in time share one, so a sink's batch is a few stretches of the table.

The table is sorted by utime. A sink's task reads one partition; where a hash of the key scatters the rows, each task
writes to every page of the table, and they all write to the same ones at once: the database needs 4.8 µs of CPU a row
instead of 3.5 (docs/adr/0015-partition-by-time.md). Whatever writes to the topic must use this function, or records of
one key are in two partitions and their order is lost.
"""

import re

import numpy as np
import numpy.typing as npt

from producer.kafka.record_arrays import ANY_PARTITION

BLOCK_BITS = 30
"""A block is 2**30 µs, some 18 minutes: 5,400 rows at 5 a second. Changing it moves keys, as more partitions do."""
_DECIMAL = re.compile(rb"0|-?[1-9][0-9]{0,18}")
_LOWEST, _END = -(1 << 63), 1 << 63


def block_partitions(utimes: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int32]:
    """Return the partition of each utime, in a topic of `count` partitions: the blocks of time take turns."""
    return ((utimes >> BLOCK_BITS) % count).astype(np.int32)


def partition_of_key(key: bytes | None, count: int) -> int:
    """Return the partition of a key as block_partitions() does; ANY_PARTITION if it is not a utime.

    A utime is the decimal text of a 64-bit number, in the one form in which a load writes it. Any other key is left to
    the client's partitioner: the sink takes no such record.
    """
    if key is None or not _DECIMAL.fullmatch(key):
        return ANY_PARTITION
    utime = int(key)
    return (utime >> BLOCK_BITS) % count if _LOWEST <= utime < _END else ANY_PARTITION
