"""How large a message an image makes, and whether it may be so large."""

IMAGE_CEILING = 64 << 20
"""Bytes of the largest file that is ever read into memory, whatever a topic allows."""
_BATCH = 61
"""Bytes of a record batch before its records, in Kafka's message format 2."""
_FIXED = 4
"""Bytes of a record that do not depend on its content: attributes, the two differences to the batch's beginning
(it is alone in its batch), the number of headers."""


def message_bytes(*, key: int, value: int) -> int:
    """Return the bytes of a batch with one record, which a topic's max.message.bytes is compared with."""
    record = _FIXED + _varint(key) + key + _varint(value) + value
    return _BATCH + _varint(record) + record


def fits(*, key: str, size: int, max_message_bytes: int | None) -> bool:
    """Say whether an image may be sent to a topic with that max.message.bytes; None: the ceiling holds."""
    if size > IMAGE_CEILING:
        return False
    return max_message_bytes is None or message_bytes(key=len(key.encode()), value=size) <= max_message_bytes


def _varint(number: int) -> int:
    """Return the bytes that a length takes: seven bits in each, one bit for the sign."""
    return max(1, -(-(2 * number).bit_length() // 7))
