import pytest

from producer.images.record_size import MAX_IMAGE_BYTES, batch_bytes, fits_topic


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (1, 1, 61 + 1 + 4 + 2 + 2),
        (63, 64, 61 + 2 + 4 + 1 + 63 + 2 + 64),
        (30, 1 << 20, 61 + 4 + 4 + 1 + 30 + 4 + (1 << 20)),
    ],
)
def test_batch_bytes_is_the_size_of_a_batch_with_one_record(key: int, value: int, expected: int) -> None:
    assert batch_bytes(key=key, value=value) == expected


def test_the_limit_of_the_topic_is_exact_to_the_byte() -> None:
    limit = batch_bytes(key=3, value=5_000)
    assert fits_topic(key="a/b", size=5_000, max_message_bytes=limit)
    assert not fits_topic(key="a/b", size=5_001, max_message_bytes=limit)
    assert not fits_topic(key="a/é", size=5_000, max_message_bytes=limit)


def test_64_mib_are_the_limit_whatever_the_topic_allows() -> None:
    assert fits_topic(key="a", size=MAX_IMAGE_BYTES, max_message_bytes=None)
    assert not fits_topic(key="a", size=MAX_IMAGE_BYTES + 1, max_message_bytes=None)
    assert not fits_topic(key="a", size=MAX_IMAGE_BYTES + 1, max_message_bytes=1 << 30)
