"""A load of images: from an open source to acknowledged records and a report that adds up."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from producer.images.image_files import RejectedFile
from producer.images.image_source import Image, ImageSource
from producer.images.load_report import ImageReport
from producer.images.load_result import judge
from producer.images.reject_reasons import ImageReason
from producer.kafka.delivery import Delivery
from producer.kafka.record_arrays import Records
from producer.runtime.exit_status import Exit
from producer.shared.load_stages import run_stages, too_many_rejects, unacknowledged
from producer.shared.rejects_file import RejectFile
from producer.sources.prefetch import Prefetch

TOPIC = "images"
_AHEAD = 2
"""Images read ahead. With the client's queue they are all that is held in memory."""
_QUEUE_BYTES = 32 << 20
_BATCH_BYTES = 1_000_000


def tuning(max_message_bytes: int) -> dict[str, int]:
    """Return the settings of Kafka's client for images, into a topic that takes messages so large."""
    return {
        "message.max.bytes": max_message_bytes,
        "batch.size": min(_BATCH_BYTES, max_message_bytes),
        "queue.buffering.max.kbytes": max(_QUEUE_BYTES, 2 * max_message_bytes) // 1024,
        # A batch is full with an image or a few: there is nothing to wait for.
        "linger.ms": 0,
    }


@dataclass(frozen=True, kw_only=True)
class ImageOptions:
    """What a user may choose, besides the images."""

    tombstones: bool = False
    max_rejects: int | None = None
    """Stop once more files than this are rejected; None loads to the end."""
    size_was_chosen: bool = True
    """Whether the user has set --max-bytes: then to be stopped by it is no failure."""


class ImageLoad:
    """One load. `tick` is called about ten times a second while something is waited for."""

    def __init__(
        self,
        source: ImageSource,
        *,
        delivery: Delivery,
        rejects: RejectFile,
        options: ImageOptions,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._delivery = delivery
        self._rejects = rejects
        self._options = options
        self._tick = tick
        self._rejected: Counter[ImageReason] = Counter()

    def run(self) -> ImageReport:
        """Load the source as far as it goes; never raises for what a report can say."""
        begun = time.perf_counter()
        outcome = run_stages(
            self._send_all, self._delivery, tick=self._tick, how_far=lambda: f"{self._delivery.handed:,} images in all"
        )
        return self._report(outcome, time.perf_counter() - begun)

    @property
    def _stopped(self) -> bool:
        allowed = self._options.max_rejects
        return allowed is not None and self._rejected.total() > allowed

    def _send_all(self) -> None:
        ahead = Prefetch(self._records(), depth=_AHEAD)
        try:
            while self._delivery.problem is None and not self._stopped:
                item = ahead.next(self._tick)
                if item is None:
                    return
                self._take(item)
        finally:
            ahead.stop()

    def _records(self) -> Iterator[Records | RejectedFile]:
        """Read and check; runs in the thread that works ahead."""
        for item in self._source:
            yield self._record(item) if isinstance(item, Image) else item

    def _record(self, image: Image) -> Records:
        return Records.from_pairs([(image.key.encode(), None if self._options.tombstones else image.data)])

    def _take(self, item: Records | RejectedFile) -> None:
        if isinstance(item, RejectedFile):
            self._rejected[item.reason] += 1
            self._rejects.write([item])
        else:
            self._delivery.send(item, tick=self._tick)

    def _report(self, outcome: tuple[Exit, str] | None, seconds: float) -> ImageReport:
        acknowledged = self._delivery.acknowledged
        stopped = too_many_rejects(self._options.max_rejects or 0, things="files") if self._stopped else None
        status, problem = (
            outcome
            or unacknowledged(self._delivery, things="images")
            or stopped
            or judge(
                self._source,
                images=acknowledged,
                rejected=self._rejected.total(),
                allowed=self._options.max_rejects or 0,
                size_was_chosen=self._options.size_was_chosen,
            )
        )
        return ImageReport(
            source=self._source.name,
            acknowledged=acknowledged,
            size=self._delivery.acknowledged_bytes,
            rejected=self._rejected,
            left_out=self._source.left_out,
            rest_unread=self._source.rest_unread,
            failed=self._delivery.handed - acknowledged,
            max_message_bytes=self._source.max_message_bytes,
            tombstones=self._options.tombstones,
            seconds=seconds,
            rejects_file=self._rejects.path if self._rejects.written else None,
            status=status,
            problem=problem,
        )
