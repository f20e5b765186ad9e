"""A client of a part of the pipeline, for as long as the pipeline is the same."""

from collections.abc import Callable
from threading import RLock
from typing import TypeVar

from sluice.console.shown_pipeline import ShownPipeline
from sluice.view.endpoints import Endpoints
from sluice.view.pipeline_inspector import KeptClient

Client = TypeVar("Client")
Answer = TypeVar("Answer")


class PipelineClient(KeptClient[Client]):
    """A client that is made again when the pipeline's endpoints are others, too; used by one thread at a time.

    A pipeline that was taken down with all its data and started again has the same addresses, but other passwords,
    another authority, and schemas whose numbers began again. `forget` is called then, before the first question.
    """

    def __init__(
        self,
        pipeline: ShownPipeline,
        make: Callable[[Endpoints], Client],
        close: Callable[[Client], None] = lambda _: None,
        *,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(lambda: make(pipeline.endpoints), close)
        self._pipeline = pipeline
        self._forget = forget
        self._lock = RLock()
        self._made_for: Endpoints | None = None

    def ask(self, query: Callable[[Client], Answer]) -> Answer:
        """Return the answer; raises UnavailableError if a new client does not get it either, SluiceError for none."""
        with self._lock:
            endpoints = self._pipeline.endpoints
            if endpoints != self._made_for:
                self.close()
                self._forget()
                self._made_for = endpoints
            try:
                return super().ask(query)
            except BaseException:
                self.close()  # whatever it was, it may have left the client in the middle of something
                raise

    def close(self) -> None:
        """Close the client, if there is one, when its question has been answered."""
        with self._lock:
            super().close()
