"""The newest images: how many are kept, and which are not drawn."""

import struct
import zlib
from typing import Any

import pytest
from confluent_kafka import Message

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console import newest_images
from sluice.console.newest_images import KNOWN, MAX_BYTES, NewestImages, ShownImage
from sluice.proof.images.redis_images import NotBytes, Value
from sluice.view.record_decoder import Decoder
from tests.unit.sluice.console.fake_pipeline import FakePipeline
from tests.unit.sluice.proof.images.fake_store import FakeStore, png

KEY = "2012-11-16/Cam5/1353099678298235"


class SizedStore(FakeStore):
    """A store that tells sizes, of what it need not hold."""

    size: int | None = None

    def sizes(self, keys: Any) -> Any:
        for key in keys:
            value = self.content.get(key)
            yield self.size or (len(value) if isinstance(value, bytes) else 0 if value is None else None)


class StandIn:
    """In place of the class RedisImages: counts how often the store is connected to and closed."""

    def __init__(self, store: SizedStore) -> None:
        self._store = store
        self.opened = self.closed = 0

    def __call__(self, _: Any) -> SizedStore:
        self.opened += 1
        return self._store

    def close(self, _: SizedStore) -> None:
        self.closed += 1


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SizedStore:
    store = SizedStore({})
    monkeypatch.setattr(newest_images, "RedisImages", StandIn(store))
    return store


@pytest.fixture
def images(store: SizedStore) -> NewestImages:
    class Endpoints:
        redis = None

    images = NewestImages(FakePipeline(endpoints=Endpoints()))
    images.add("0-1", ShownImage(key=KEY, time=None))
    return images


def test_of_one_key_and_of_all_a_limited_number_is_kept(images: NewestImages):
    for number in range(500):
        images.add(f"0-{number}", ShownImage(key=f"a/b/{number // 2}", time=None))
    assert list(images.known) == [f"0-{number}" for number in range(501 - 2 * KNOWN, 500, 2)]


def test_of_many_at_once_the_newest_are_taken_and_deleted_ones_dropped(images: NewestImages):
    def record(offset: int, key: str, value: bytes | None) -> Message:
        return Message("images", partition=1, offset=offset, key=key.encode(), value=value, timestamp=(1, offset))

    written = [record(number, f"a/b/{number}", b"x") for number in range(9)]
    images.take([*written, record(9, "a/b/8", None), record(10, KEY, None)], Decoder(lambda _: None))
    assert list(images.known) == ["1-6", "1-7"]


def test_an_image_is_encoded_anew(images: NewestImages, store: SizedStore):
    store.content[KEY] = png(1, size=(3000, 200))
    _, size, picture = images.draw("0-1", edge=160)
    assert size == len(png(1, size=(3000, 200)))
    assert picture.media_type == "image/jpeg"
    assert picture.data is not None
    assert picture.data != store.content[KEY]
    assert picture.caption == "PNG 3000×200"


def bomb() -> bytes:
    """Return a PNG of a few bytes that declares 100,000 × 100,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("value", [None, b"", b"<svg onload=alert(1)>", bomb(), NotBytes(why="it is no string")])
def test_what_cannot_be_drawn_has_a_reason(value: Value, images: NewestImages, store: SizedStore):
    store.content[KEY] = value
    described = images.describe("0-1")
    assert described["drawn"] is False
    assert described["format"]


def test_a_value_that_is_too_large_is_not_read(images: NewestImages, store: SizedStore):
    store.size = MAX_BYTES + 1
    assert "too large" in images.describe("0-1")["format"]
    assert store.reads == 0


def test_only_images_that_were_shown_can_be_asked_for(images: NewestImages):
    with pytest.raises(SluiceError, match="newer images") as caught:
        images.draw(KEY, edge=160)
    assert caught.value.status is Exit.USAGE


def test_keys_that_are_no_text_are_shown(images: NewestImages):
    images.add("0-2", ShownImage(key="\udcff/\x1b/<script>", time=None))
    assert images.describe("0-2")["key"] == "\udcff/\x1b/<script>"


def test_one_connection_to_redis_is_kept_until_the_last_page_goes(images: NewestImages, store: SizedStore):
    store.content[KEY] = png(1)
    for _ in range(3):
        images.describe("0-1")
    stand_in: Any = newest_images.RedisImages
    assert (stand_in.opened, stand_in.closed) == (1, 0)
    images.close()
    images.describe("0-1")
    assert (stand_in.opened, stand_in.closed) == (2, 1)
