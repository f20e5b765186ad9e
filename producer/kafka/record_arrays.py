"""Many Kafka records in one buffer, as arrays of offsets and lengths."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
Partitions = npt.NDArray[np.int32]

NULL = -1
"""The length of a value that is null: a tombstone."""
ANY_PARTITION = -1
"""The partition of a record that the client's partitioner chooses, by its key."""


def _any_partition(_key: bytes) -> int:
    return ANY_PARTITION


class Records(NamedTuple):
    """Keys and values as bytes in `data`, each found by offset and length, in the order of the rows."""

    data: bytes | bytearray | memoryview
    key_at: Offsets
    key_length: Offsets
    value_at: Offsets
    value_length: Offsets
    partition: Partitions

    @classmethod
    def from_pairs(
        cls, pairs: Sequence[tuple[bytes, bytes | None]], *, partition_of: Callable[[bytes], int] = _any_partition
    ) -> Self:
        """Make records of pairs of key and value, which is None for a tombstone; `partition_of` is called by key."""
        keys, values = [key for key, _ in pairs], [value for _, value in pairs]
        texts = [value or b"" for value in values]
        key_length = _lengths(keys)
        length = _lengths(texts)
        key_at = np.cumsum(key_length) - key_length
        value_at = key_length.sum() + np.cumsum(length) - length
        null = np.fromiter((value is None for value in values), dtype=np.bool_, count=len(values))
        partition = np.fromiter(map(partition_of, keys), dtype=np.int32, count=len(keys))
        return cls(b"".join([*keys, *texts]), key_at, key_length, value_at, np.where(null, NULL, length), partition)

    def pairs(self) -> list[tuple[bytes, bytes | None]]:
        """Return key and value of each record."""
        data = bytes(self.data)
        places = zip(*(offsets.tolist() for offsets in self[1:5]), strict=True)
        return [
            (data[key : key + length], None if size == NULL else data[value : value + size])
            for key, length, value, size in places
        ]

    def select(self, chosen: Offsets) -> "Records":
        """Return the records whose numbers are in `chosen`, in the same buffer."""
        return Records(
            self.data,
            self.key_at[chosen],
            self.key_length[chosen],
            self.value_at[chosen],
            self.value_length[chosen],
            self.partition[chosen],
        )

    def record_count(self) -> int:
        """Return the number of records; len() is that of the tuple."""
        return len(self.key_at)

    def value_bytes(self, chosen: Offsets | slice = slice(None)) -> int:
        """Return the bytes of the values of all records, or of those chosen; a tombstone has none."""
        return int(np.maximum(self.value_length[chosen], 0).sum())


def _lengths(texts: list[bytes]) -> Offsets:
    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
