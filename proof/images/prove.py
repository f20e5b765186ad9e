"""The proof of images itself: read the source, wait for the sink, compare, look for what is extra."""

from dataclasses import dataclass

from producer.images.open import ImageSource
from proof.catch_up import catch_up
from proof.images.compare import ImageComparison, compare_images, find_extra
from proof.images.source import ImagesSummary, read_images
from proof.images.store import ImageStore, Memory
from proof.images.thumbnails import Thumbnail, choose, thumbnails
from proof.listed import Listed
from proof.outcome import Question
from proof.progress import Progress
from proof.sink import Sink, SinkState


@dataclass(frozen=True, kw_only=True)
class ImageFinding:
    """All that a proof of images has found."""

    source: ImagesSummary
    comparison: ImageComparison
    extra: Listed[str] | None
    """None where it cannot be told: the selection leaves out what may well be in Redis."""
    sink: SinkState
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
    state = sink.state()
    summary = read_images(source, limit=limit, progress=progress.read)
    run = _Run(source=summary, store=store, question=question, limit=limit, progress=progress)
    if summary.images:
        state = catch_up(run, sink=sink, seconds=question.wait_seconds, progress=progress.waiting)
    comparison = run.comparison
    return ImageFinding(
        source=summary,
        comparison=comparison,
        extra=find_extra(summary.images, store, limit=limit) if summary.whole else None,
        sink=state,
        memory=store.memory(),
        thumbnails=thumbnails(choose(comparison.present), store=store, wrong=comparison.wrong),
    )


class _Run:
    def __init__(
        self, *, source: ImagesSummary, store: ImageStore, question: Question, limit: int, progress: Progress
    ) -> None:
        self._images = source.images
        self._store = store
        self._question = question
        self._limit = limit
        self._progress = progress
        self.comparison = compare_images({}, store, limit=0, progress=lambda _: None)

    def looks_done(self) -> bool:
        count = self._store.count(list(self._images))
        return count == 0 if self._question.absent else count == len(self._images)

    def compare(self) -> None:
        total = len(self._images)
        self.comparison = compare_images(
            self._images,
            self._store,
            limit=self._limit,
            progress=lambda count: self._progress.compared(count, total),
        )

    def came_out_well(self) -> bool:
        return self.comparison.none_there if self._question.absent else self.comparison.all_there
