"""The newest images: keys of the newest records of the topic, pictures out of Redis."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message

from producer.images.image_key import utime_of
from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.pipeline_client import PipelineClient
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.topic_tail import TopicTail, key_of
from sluice.proof.images.redis_images import RedisImages, Value, as_text
from sluice.proof.images.thumbnails import Picture, draw_picture
from sluice.proof.shared.sink_progress import IMAGES_SINK
from sluice.view.record_decoder import Decoder, record_time

IMAGES = 12
"""Images that are shown at most."""
AT_ONCE = 3
"""New ones that are shown at once at most, where many come: each has to be decoded."""
KNOWN = 60
"""Images whose picture can be asked for: those shown, and some that a slow page still shows."""
MAX_BYTES = 64 << 20
"""A larger value is not read out of Redis."""
LARGE_EDGE = 1200
"""Pixels of the longer side of an image that is shown alone."""


@dataclass(frozen=True, kw_only=True)
class ShownImage:
    """A record of the topic that is an image."""

    key: str
    time: str | None
    """Time of the record."""

    @classmethod
    def of(cls, record: Message) -> "ShownImage":
        """Return the image of a record with a value."""
        return cls(key=as_text(key_of(record)), time=record_time(record.timestamp()[1]))


class NewestImages:
    """The images that came last, by the place of their record: keys need not be text."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self.known: OrderedDict[str, ShownImage] = OrderedDict()
        self._tail = TopicTail(
            pipeline, IMAGES_SINK.topic, first=IMAGES, later=AT_ONCE, take=self.take, clear=self.known.clear
        )
        self._store = PipelineClient(pipeline, lambda endpoints: RedisImages(endpoints.redis), RedisImages.close)

    def close(self) -> None:
        """Close the connections to Kafka and Redis; the next question opens them again."""
        self._tail.close()
        self._store.close()

    def read(self) -> dict[str, Any]:
        """Return the newest images, the last first, as JSON types; raises SluiceError."""
        self._tail.read()
        shown = list(self.known.items())[-IMAGES:]
        sizes = self._store.ask(lambda store: list(store.sizes(image.key for _, image in shown)))
        images = [
            {"id": name, "key": image.key, "utime": utime_of(image.key), "bytes": size, "there": size != 0}
            for (name, image), size in zip(shown, sizes, strict=True)
        ]
        return {"images": images[::-1]}

    def take(self, records: list[Message], _: Decoder) -> None:
        """Add the newest images of records, and drop those that records have deleted."""
        left_out = sum(record.value() is not None for record in records) - (AT_ONCE if self.known else IMAGES)
        for record in records:
            image = ShownImage.of(record)
            if record.value() is None:
                self._drop(image.key)
            elif left_out > 0:
                left_out -= 1
            else:
                self.add(f"{record.partition()}-{record.offset()}", image)

    def _drop(self, key: str) -> None:
        for name in [name for name, known in self.known.items() if known.key == key]:
            del self.known[name]

    def add(self, name: str, image: ShownImage) -> None:
        """Add an image; of one key only the newest is kept, of all keys the newest KNOWN."""
        self._drop(image.key)
        self.known[name] = image
        while len(self.known) > KNOWN:
            self.known.popitem(last=False)

    def draw(self, name: str, *, edge: int) -> tuple[ShownImage, int, Picture]:
        """Return an image, its bytes in Redis, and its picture, or why there is none; raises SluiceError.

        Decoding may take 200 MB, so that it is for one caller at a time.
        """
        image = self.known.get(name)
        if image is None:
            raise SluiceError("newer images have taken the place of this one", status=Exit.USAGE)
        size, value = self._store.ask(lambda store: _read(store, image.key))
        if size > MAX_BYTES:
            return image, size, Picture(caption=f"{size:,} bytes: too large to be drawn")
        if value is None:
            return image, 0, Picture(caption="not in Redis: the sink has not written it yet, or it was deleted")
        return image, size, draw_picture(value, edge=edge)

    def describe(self, name: str) -> dict[str, Any]:
        """Return what is known of an image, as JSON types; raises SluiceError."""
        image, size, picture = self.draw(name, edge=1)
        return {
            "key": image.key,
            "utime": utime_of(image.key),
            "time": image.time,
            "bytes": size,
            "format": picture.caption,
            "drawn": picture.data is not None,
        }


def _read(store: RedisImages, key: str) -> tuple[int, Value]:
    """Return the size of a key's value, and the value if it is not too large."""
    (size,) = store.sizes([key])
    if size and size > MAX_BYTES:
        return size, None
    ((_, value),) = store.read([key])
    return size or 0, value
