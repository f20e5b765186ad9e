"""Waits until nothing that waits for the sink could change the verdict, then compares."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from sluice.proof.shared.sink_progress import Message, Offsets, Sink, SinkState, Span

POLL_SECONDS = 0.25
COMMIT_SECONDS = 3.0
"""A sink that runs and is through says so within this time; what waits longer is looked at."""
LOOK_SECONDS = 10.0
LOOK_MESSAGES = 500_000
"""As long and as far as waiting messages are looked at. What was not looked at could change anything."""


class Comparing(Protocol):
    """A comparison, and what could change how it comes out."""

    def may_concern(self, key: bytes) -> bool:
        """False only if a message with this key cannot change how the comparison comes out. A quick answer."""
        ...

    def concerning(self, keys: set[bytes]) -> set[bytes]:
        """Those of `keys` that could change how it comes out. An exact answer."""
        ...

    def compare(self) -> None:
        """Compare everything."""
        ...


def catch_up(
    comparing: Comparing, *, sink: Sink, ends: Offsets, seconds: float, progress: Callable[[SinkState], None]
) -> SinkState:
    """Compare once the sink has dealt with every message before `ends` that could change how that comes out.

    It waits for at most `seconds`, and not for a sink that is stuck; then it compares all the same, and the state says
    how many such messages still waited *before* the store was read.
    """
    backlog = _Backlog(comparing, sink, ends)
    began = time.monotonic()
    while True:
        state = backlog.state()
        progress(state)
        if not state.concerning:
            break
        waited = time.monotonic() - began
        over = state.stuck or waited >= seconds
        if not backlog.looked_at and (over or waited >= COMMIT_SECONDS):
            backlog.look(state.waiting)
        elif over:
            break
        else:
            time.sleep(max(0.0, min(POLL_SECONDS, seconds - waited)))
    comparing.compare()
    return state


class _Backlog:
    """The messages before `ends`: which of them wait, and which of those matter."""

    def __init__(self, comparing: Comparing, sink: Sink, ends: Offsets) -> None:
        self._comparing = comparing
        self._sink = sink
        self._ends = ends
        self.looked_at = False
        self._seen: dict[int, Span] = {}
        """Of each partition the messages that were looked at."""
        self._concerning: list[Message] = []

    def state(self) -> SinkState:
        """How far the sink is now. A message that was not looked at counts as one that matters."""
        state = self._sink.state(self._ends)
        known = sum(
            state.waiting[message.partition][0] <= message.offset
            for message in self._concerning
            if message.partition in state.waiting
        )
        return replace(
            state, concerning=known + sum(self._unseen(number, span) for number, span in state.waiting.items())
        )

    def look(self, spans: dict[int, Span]) -> None:
        """Read what waits and keep what matters."""
        self.looked_at = True
        until = time.monotonic() + LOOK_SECONDS
        found: list[Message] = []
        for count, message in enumerate(self._sink.read(spans), start=1):
            self._seen[message.partition] = (spans[message.partition][0], message.offset + 1)
            if message.key is not None and self._comparing.may_concern(message.key):
                found.append(message)
            if count >= LOOK_MESSAGES or time.monotonic() >= until:
                break
        else:
            # To the end: what was not shown, such as a transaction's marker, is no message.
            self._seen |= spans
        keys = self._comparing.concerning({message.key for message in found if message.key is not None})
        self._concerning = [message for message in found if message.key in keys]

    def _unseen(self, number: int, span: Span) -> int:
        (begin, end), (first, last) = span, self._seen.get(number, (0, 0))
        return (end - begin) - max(0, min(end, last) - max(begin, first))
