"""The reasons of the newest dead letters, read beside the samples, and only where there are new ones."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from producer.runtime.exit_status import SluiceError
from sluice.console.pipeline_client import PipelineClient
from sluice.console.shown_pipeline import ShownPipeline
from sluice.dead_letters.letter_clients import LetterClients
from sluice.dead_letters.letter_summary import LetterSummary
from sluice.view.http_client import UnavailableError

MOST_REASONS = 5
"""Reasons that are shown of one topic."""
_SHARE = 50
"""A reading is followed by a pause of so many times its own duration: 2 % of a core at most."""

Reasons = Mapping[str, tuple[Mapping[str, Any], ...]]
"""By topic of dead letters: `reason` and `count`, the most frequent first."""


class LetterReasons:
    """Answers at once with what it has read before."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self._summary = LetterSummary(share=_SHARE)
        self._clients = PipelineClient(pipeline, LetterClients, LetterClients.close, forget=self._summary.forget)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="letters")
        self._read_at: Mapping[str, int] = {}
        """How many letters had been written when they were read, by topic."""
        self._reasons: Reasons = {}
        self._busy = False
        self._unexpected: Exception | None = None

    def close(self) -> None:
        """Close the clients; the next reading opens them again."""
        self._thread.submit(self._clients.close)

    def newest(self, topics: Mapping[str, int]) -> Reasons:
        """Return what is known of the letters, and begin to read them if there are more now.

        `topics` has the number of letters ever written by topic. It is empty while Kafka does not answer: there may
        be others afterwards. Raises an exception that was not expected when they were read.
        """
        if self._unexpected is not None:
            error, self._unexpected = self._unexpected, None
            raise error
        if not topics:
            self._read_at = {}
        if any(topics.values()) and topics != self._read_at and self._summary.is_due and not self._busy:
            self._busy = True
            self._thread.submit(self._read, topics)
        return self._reasons

    def _read(self, topics: Mapping[str, int]) -> None:
        try:
            # Where Kafka does not answer, the sample says so.
            with suppress(SluiceError, UnavailableError):
                self._reasons = _by_topic(self._clients.ask(self._summary.read)["reasons"])
                self._read_at = topics
        except Exception as error:
            self._unexpected = error
        finally:
            self._busy = False


def _by_topic(groups: list[Mapping[str, Any]]) -> Reasons:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for group in groups:
        for topic in group["topics"]:
            found.setdefault(topic, []).append({"reason": group["reason"], "count": group["count"]})
    return {topic: tuple(reasons[:MOST_REASONS]) for topic, reasons in found.items()}
