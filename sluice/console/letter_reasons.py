"""The reasons of the newest dead letters, read beside the samples, and only where there are new ones."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from producer.runtime.exit_status import SluiceError
from sluice.dead_letters.letter_summary import LetterSummary
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError

MOST_REASONS = 5
"""Reasons that are shown of one topic."""
_PAUSE = 5.0
"""Time between two readings, s."""
_PATIENCE = 50
"""A reading is followed by a pause of so many times its own duration: 2 % of a core at most."""

Reasons = Mapping[str, tuple[Mapping[str, Any], ...]]
"""By topic of dead letters: `reason` and `count`, the most frequent first."""


class LetterReasons:
    """Answers at once with what it has read before."""

    def __init__(self, endpoints: Callable[[], Endpoints]) -> None:
        self._summary = LetterSummary(endpoints)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="letters")
        self._read_at: Mapping[str, int] = {}
        """How many letters had been written when they were read, by topic."""
        self._reasons: Reasons = {}
        self._due = 0.0
        self._busy = False

    def newest(self, topics: Mapping[str, int]) -> Reasons:
        """Return what is known of the letters, and begin to read them if there are more now.

        `topics` has the number of letters ever written by topic.
        """
        due = any(topics.values()) and topics != self._read_at and time.monotonic() >= self._due
        if due and not self._busy:
            self._busy = True
            self._thread.submit(self._read, topics)
        return self._reasons

    def _read(self, topics: Mapping[str, int]) -> None:
        begun = time.monotonic()
        try:
            self._reasons = _by_topic(self._summary.read()["reasons"])
            self._read_at = topics
        except (SluiceError, UnavailableError):
            pass  # the sample says what does not answer; it is read again after the pause
        finally:
            ended = time.monotonic()
            self._due = ended + max(_PAUSE, _PATIENCE * (ended - begun))
            self._busy = False


def _by_topic(groups: list[Mapping[str, Any]]) -> Reasons:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for group in groups:
        for topic in group["topics"]:
            found.setdefault(topic, []).append({"reason": group["reason"], "count": group["count"]})
    return {topic: tuple(reasons[:MOST_REASONS]) for topic, reasons in found.items()}
