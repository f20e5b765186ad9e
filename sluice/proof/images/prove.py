"""The proof of images itself: read the source, wait for the sink, compare, look for what is extra."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from producer.images.image_source import ImageSource
from sluice.proof.images.compare import Between, ImageComparison, RefusedImage, compare_images, find_extra, find_refused
from sluice.proof.images.redis_images import ImageStore, Memory, as_text
from sluice.proof.images.source_images import ImagesSummary, read_images
from sluice.proof.images.thumbnails import Thumbnail, choose, thumbnails
from sluice.proof.shared.counted_list import CountedList
from sluice.proof.shared.outcome import Question
from sluice.proof.shared.proof_progress import Progress
from sluice.proof.shared.sink_progress import Sink, SinkState, came_since
from sluice.proof.shared.wait_for_sink import catch_up


@dataclass(frozen=True, kw_only=True)
class ImageFinding:
    """All that a proof of images has found."""

    source: ImagesSummary
    comparison: ImageComparison
    extra: CountedList[str] | None
    """None where it cannot be told: the selection leaves out what may well be in Redis."""
    refused: CountedList[RefusedImage]
    """Files of the source that are refused and stand in Redis all the same; none of `extra`."""
    sink: SinkState
    """As it was just before Redis was read."""
    as_of: datetime
    """When the source had been read: what Kafka had then is what the proof waited for."""
    later: int
    """Messages that came to the topic after that."""
    memory: Memory
    thumbnails: tuple[Thumbnail, ...]


def prove_images(
    source: ImageSource,
    *,
    store: ImageStore,
    sink: Sink,
    question: Question,
    limit: int,
    progress: Progress,
) -> ImageFinding:
    """Compare the images of `source` with the store's, once the sink has caught up; `limit` of each kind are listed."""
    # Asked before the source is read: an hour's download need not end in «Connect does not answer».
    sink.state(sink.ends())
    summary = read_images(source, limit=limit, progress=progress.read)
    as_of, ends = datetime.now(UTC), sink.ends()
    run = _Run(source=summary, store=store, question=question, limit=limit, progress=progress)
    if summary.images or summary.refused_keys:
        state = catch_up(run, sink=sink, ends=ends, seconds=question.wait_seconds, progress=progress.waiting)
    else:
        state = replace(sink.state(ends), concerning=0)
    comparison = run.comparison
    return ImageFinding(
        source=summary,
        comparison=comparison,
        extra=run.extra,
        refused=run.refused,
        sink=state,
        as_of=as_of,
        later=came_since(ends, sink.ends()),
        memory=store.memory(),
        thumbnails=thumbnails(choose(comparison.present), store=store, wrong=comparison.wrong),
    )


class _Run:
    def __init__(
        self, *, source: ImagesSummary, store: ImageStore, question: Question, limit: int, progress: Progress
    ) -> None:
        self._images = source.images
        self._refused = source.refused_keys
        self._whole = source.whole
        self._between = Between(source.images)
        self._store = store
        self._question = question
        self._limit = limit
        self._progress = progress
        self.comparison = compare_images({}, store, limit=0, progress=lambda _: None)
        self.extra: CountedList[str] | None = CountedList(count=0, first=()) if source.whole else None
        self.refused: CountedList[RefusedImage] = CountedList(count=0, first=())

    def compare(self) -> None:
        """Compare every image, and look for what must not be there."""
        total = len(self._images)
        self.comparison = compare_images(
            self._images,
            self._store,
            limit=self._limit,
            progress=lambda count: self._progress.compared(count, total),
        )
        self.refused = find_refused(self._refused, self._store, limit=self._limit)
        if self._whole:
            self.extra = find_extra(self._images, self._store, limit=self._limit, refused=self._refused)

    def may_concern(self, key: bytes) -> bool:
        """Exact, for all keys are at hand."""
        text = as_text(key)
        return text in self._images or text in self._refused or self._could_be_extra(text)

    def concerning(self, keys: set[bytes]) -> set[bytes]:
        """Those of the source, refused files too, and where other keys are a fault all between them."""
        return {key for key in keys if self.may_concern(key)}

    def _could_be_extra(self, key: str) -> bool:
        others_matter = self._whole and not (self._question.absent or self._question.allow_extra)
        return others_matter and key in self._between
