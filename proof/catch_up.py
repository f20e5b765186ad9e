"""Compares as soon as it can come out well, and waits for the sink as long as it must."""

import time
from collections.abc import Callable
from typing import Protocol

from proof.sink import Sink, SinkState, wait_for


class Comparing(Protocol):
    """A comparison that can be made again when more has arrived."""

    def looks_done(self) -> bool:
        """True if a quick look at the store says that all may be there, or, asked for, gone."""
        ...

    def compare(self) -> None:
        """Compare everything."""
        ...

    def came_out_well(self) -> bool:
        """True if the last comparison showed what was to be proven."""
        ...


def catch_up(comparing: Comparing, *, sink: Sink, seconds: float, progress: Callable[[SinkState], None]) -> SinkState:
    """Compare as soon as it can come out well, and again, if it did not, when the sink has caught up."""
    deadline = time.monotonic() + seconds
    # The sink says only every few seconds how far it is; a look at the store tells sooner that all is there.
    state = wait_for(sink, seconds=seconds, done=comparing.looks_done, progress=progress)
    comparing.compare()
    if state.lag and not state.stuck and not comparing.came_out_well():
        left = max(0.0, deadline - time.monotonic())
        state = wait_for(sink, seconds=left, done=lambda: False, progress=progress)
        comparing.compare()
    return state
