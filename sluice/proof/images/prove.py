"""Proof of images: reads the source, waits for the sink, compares with Redis, looks for extra images.

sluice/proof/gps/prove.py takes the same steps; both use sluice/proof/shared/wait_for_sink.py.
"""

from dataclasses import dataclass

from producer.images.image_source import ImageSource
from sluice.proof.images.compare import (
    ImageComparison,
    KeyRange,
    RejectedImage,
    compare_images,
    find_extra,
    find_rejected,
)
from sluice.proof.images.redis_images import ImageStore, Memory, as_text
from sluice.proof.images.source_images import ImagesSummary, read_images
from sluice.proof.images.thumbnails import Thumbnail, choose_evenly, make_thumbnails
from sluice.proof.shared.comparison import CountedList
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_progress import Progress
from sluice.proof.shared.proof_report import ProofResult
from sluice.proof.shared.sink_progress import Sink
from sluice.proof.shared.wait_for_sink import compare_as_of_now


@dataclass(frozen=True, kw_only=True)
class ImageProofResult(ProofResult):
    """Result of a proof of images."""

    source: ImagesSummary
    comparison: ImageComparison
    extra: CountedList[str] | None
    """Extra keys; None where they were not looked for: Redis may hold images that the selection leaves out."""
    rejected_present: CountedList[RejectedImage]
    """Rejected files of the source whose keys Redis has; none of them is in `extra`."""
    memory: Memory
    thumbnails: tuple[Thumbnail, ...]


def prove_images(
    source: ImageSource,
    *,
    store: ImageStore,
    sink: Sink,
    options: ProofOptions,
    limit: int,
    progress: Progress,
) -> ImageProofResult:
    """Compare the images of `source` with Redis, once the sink has caught up; lists up to `limit` of each kind."""
    # Fail now if Connect does not answer, not after the source has been downloaded.
    sink.state(sink.ends())
    summary = read_images(source, limit=limit, progress=progress.read)
    pending = _PendingImages(source=summary, store=store, options=options, limit=limit, progress=progress)
    at = compare_as_of_now(pending, sink=sink, seconds=options.wait_seconds, progress=progress.waiting)
    comparison = pending.result
    return ImageProofResult(
        source=summary,
        comparison=comparison,
        extra=pending.extra,
        rejected_present=pending.rejected_present,
        sink=at.state,
        as_of=at.as_of,
        later=at.later,
        memory=store.memory(),
        thumbnails=make_thumbnails(choose_evenly(comparison.present), store=store, wrong=comparison.wrong),
    )


class _PendingImages:
    """The comparison of a source's images with Redis (wait_for_sink.PendingComparison)."""

    def __init__(
        self, *, source: ImagesSummary, store: ImageStore, options: ProofOptions, limit: int, progress: Progress
    ) -> None:
        self._images = source.images
        self._rejected = source.rejected_keys
        self._complete = source.is_complete
        self._range = KeyRange(source.images)
        self._store = store
        self._options = options
        self._limit = limit
        self._progress = progress
        self.result = compare_images({}, store, limit=0, progress=lambda _: None)
        self.extra: CountedList[str] | None = CountedList(count=0, first=()) if self._complete else None
        self.rejected_present: CountedList[RejectedImage] = CountedList(count=0, first=())

    @property
    def is_empty(self) -> bool:
        """True if the source has no image and no rejected file with a key."""
        return not self._images and not self._rejected

    def compare(self) -> None:
        """Compare every image, look for rejected ones, and for extra ones where the selection allows it."""
        total = len(self._images)
        self.result = compare_images(
            self._images,
            self._store,
            limit=self._limit,
            progress=lambda count: self._progress.compared(count, total),
        )
        self.rejected_present = find_rejected(self._rejected, self._store, limit=self._limit)
        if self._complete:
            self.extra = find_extra(self._images, self._store, limit=self._limit, rejected=self._rejected)

    def may_change_with(self, key: bytes) -> bool:
        """Return True if a record with this key could change the result. Exact, for all keys are in memory."""
        text = as_text(key)
        return text in self._images or text in self._rejected or self._could_be_extra(text)

    def select_changing(self, keys: set[bytes]) -> set[bytes]:
        """Return the keys of the source, rejected files too, and where extra images are a fault all between them."""
        return {key for key in keys if self.may_change_with(key)}

    def _could_be_extra(self, key: str) -> bool:
        extra_is_a_fault = self._complete and not (self._options.absent or self._options.allow_extra)
        return extra_is_a_fault and key in self._range
