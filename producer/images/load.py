"""Load of images: reads, checks and sends them; reports every file as acknowledged, rejected, left out or failed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.filesize import decimal

from producer.images.image_files import RejectedFile
from producer.images.image_source import Image, ImageSource
from producer.images.load_report import ImageLoadReport
from producer.images.selection import DEFAULT_MAX_BYTES
from producer.kafka.delivery import Delivery
from producer.kafka.record_arrays import Records
from producer.runtime.exit_status import Exit
from producer.shared.base_load import BaseLoad, LoadOptions, StatusAndProblem
from producer.shared.rejects_file import RejectFile

TOPIC = "images"
_QUEUE_BYTES = 32 << 20
_BATCH_BYTES = 1_000_000


def tuning(max_message_bytes: int) -> dict[str, int]:
    """Return the settings of Kafka's client for images; `max_message_bytes` is the topic's max.message.bytes."""
    return {
        "message.max.bytes": max_message_bytes,
        "batch.size": min(_BATCH_BYTES, max_message_bytes),
        "queue.buffering.max.kbytes": max(_QUEUE_BYTES, 2 * max_message_bytes) // 1024,
        # A batch is full with an image or a few: there is nothing to wait for.
        "linger.ms": 0,
    }


@dataclass(frozen=True, kw_only=True)
class ImageLoadOptions(LoadOptions):
    """Options of a load of images, besides those that choose the images."""

    size_was_chosen: bool = True
    """Whether the user has set --max-bytes: only then is a load that it stops a success."""


class ImageLoad(BaseLoad[Records | RejectedFile, ImageLoadReport]):
    """One load of images."""

    sent_unit = "images"
    read_unit = "files"

    def __init__(
        self,
        source: ImageSource,
        *,
        delivery: Delivery,
        rejects: RejectFile,
        options: ImageLoadOptions,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(source.name, delivery=delivery, rejects=rejects, options=options, tick=tick)
        self._source = source
        self._size_was_chosen = options.size_was_chosen

    def _read(self) -> Iterator[Records | RejectedFile]:
        for item in self._source:
            yield self._encode(item) if isinstance(item, Image) else item

    def _encode(self, image: Image) -> Records:
        return Records.from_pairs([(image.key.encode(), None if self._options.tombstones else image.data)])

    def _take(self, item: Records | RejectedFile) -> None:
        if isinstance(item, RejectedFile):
            self._reject([item])
        else:
            self._send(item)

    def _progress(self) -> str:
        return f"{self._delivery.handed:,} images in all"

    def _final_status(self) -> StatusAndProblem:
        return final_status(
            self._source,
            images=self._delivery.acknowledged,
            rejected=self._rejected.total(),
            allowed=self._options.max_rejects or 0,
            size_was_chosen=self._size_was_chosen,
        )

    def _report(self, **fields: Any) -> ImageLoadReport:
        return ImageLoadReport(
            **fields,
            size=self._delivery.acknowledged_bytes,
            left_out=self._source.left_out,
            rest_unread=self._source.rest_unread,
            max_message_bytes=self._source.max_message_bytes,
        )


def final_status(
    source: ImageSource, *, images: int, rejected: int, allowed: int, size_was_chosen: bool
) -> StatusAndProblem:
    """Return the status of a load or a dry run that has read its source as far as it should.

    `images` is how many were sent. `rejected` files are no failure up to `allowed`; being stopped by --max-bytes is
    none if the user set it.
    """
    if source.left_out.max_bytes.files and not size_was_chosen:
        return Exit.INCOMPLETE, _describe_default_reached(source)
    if rejected > allowed:
        return Exit.REJECTED, None
    if not images:
        return Exit.FAILED, _describe_no_image(source, rejected)
    return Exit.OK, None


def _describe_default_reached(source: ImageSource) -> str:
    left_out = source.left_out.max_bytes
    if source.rest_unread:
        rest = (
            "of the archive" if source.size is None else f"({decimal(source.size - source.position())}) of the archive"
        )
        unloaded = f"the rest {rest} was not read"
    else:
        unloaded = f"{left_out.files:,} more ({decimal(left_out.size)}) were left out"
    return (
        f"stopped at {decimal(DEFAULT_MAX_BYTES)} of images, the most that is loaded without --max-bytes; {unloaded}. "
        "--max-bytes 2GB loads more, --max-bytes all everything; --dry-run says what Redis has room for."
    )


def _describe_no_image(source: ImageSource, rejected: int) -> str:
    if rejected:
        return f"{source.name} has no image: all {rejected:,} files were rejected"
    if source.left_out.files:
        options = ", ".join(f"--{option}" for option, tally in source.left_out.tallies().items() if tally.files)
        return f"{source.name}: nothing was chosen; all {source.left_out.files:,} files were left out by {options}"
    return f"{source.name} is empty: there is no file in it"
