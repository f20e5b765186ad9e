"""Size of the Kafka record of an image, and whether the topic accepts it."""

MAX_IMAGE_BYTES = 64 << 20
"""Largest file in bytes that is read into memory, whatever the topic's max.message.bytes."""
_BATCH_HEADER = 61
"""Bytes of a record batch before its records, in Kafka's message format 2."""
_RECORD_OVERHEAD = 4
"""Bytes of a record that do not depend on its content: attributes, timestamp delta and offset delta (0, for it is the
only record of its batch), number of headers."""


def batch_bytes(*, key: int, value: int) -> int:
    """Return the size of a batch with one record of so many bytes, which Kafka compares with max.message.bytes."""
    record = _RECORD_OVERHEAD + _varint_bytes(key) + key + _varint_bytes(value) + value
    return _BATCH_HEADER + _varint_bytes(record) + record


def fits_topic(*, key: str, size: int, max_message_bytes: int | None) -> bool:
    """Return whether an image of `size` bytes fits MAX_IMAGE_BYTES and, unless it is None, the topic's limit."""
    if size > MAX_IMAGE_BYTES:
        return False
    return max_message_bytes is None or batch_bytes(key=len(key.encode()), value=size) <= max_message_bytes


def _varint_bytes(number: int) -> int:
    """Return the bytes of a zigzag-encoded varint: seven bits in each byte, one bit for the sign."""
    return max(1, -(-(2 * number).bit_length() // 7))
