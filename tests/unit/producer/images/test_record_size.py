import pytest

from producer.images.record_size import IMAGE_CEILING, fits, message_bytes


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (1, 1, 61 + 1 + 4 + 2 + 2),
        (63, 64, 61 + 2 + 4 + 1 + 63 + 2 + 64),
        (30, 1 << 20, 61 + 4 + 4 + 1 + 30 + 4 + (1 << 20)),
    ],
)
def test_a_message_is_a_batch_with_one_record(key: int, value: int, expected: int) -> None:
    assert message_bytes(key=key, value=value) == expected


def test_what_fits_is_decided_to_the_byte() -> None:
    limit = message_bytes(key=3, value=5_000)
    assert fits(key="a/b", size=5_000, max_message_bytes=limit)
    assert not fits(key="a/b", size=5_001, max_message_bytes=limit)
    assert not fits(key="a/é", size=5_000, max_message_bytes=limit)


def test_there_is_a_ceiling_without_a_limit() -> None:
    assert fits(key="a", size=IMAGE_CEILING, max_message_bytes=None)
    assert not fits(key="a", size=IMAGE_CEILING + 1, max_message_bytes=None)
    assert not fits(key="a", size=IMAGE_CEILING + 1, max_message_bytes=1 << 30)
