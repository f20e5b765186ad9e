"""Rates of counters, from the differences between samples."""

from collections import deque

_SPAN = 6.0
"""Time over which a rate is taken, s: a sink commits in steps, which a shorter time would show."""


class RateMeter:
    """Keeps the samples of the last seconds of each counter."""

    def __init__(self, *, span: float = _SPAN) -> None:
        self._span = span
        self._samples: dict[str, deque[tuple[float, int]]] = {}

    def note(self, counter: str, count: int, *, at: float, grows: bool = True) -> None:
        """Note a count, read at a time in seconds; the same time again is the same reading.

        `grows`: a count that falls is of something made anew, whose rate is not known yet.
        """
        samples = self._samples.setdefault(counter, deque())
        if samples and at <= samples[-1][0]:
            return
        if grows and samples and count < samples[-1][1]:
            samples.clear()
        samples.append((at, count))
        # The oldest that is kept is the last one before the span, so that there are always two.
        while len(samples) > 2 and samples[1][0] <= at - self._span:  # noqa: PLR2004
            samples.popleft()

    def rate(self, counter: str) -> float | None:
        """Return a counter's change per second; None if there are no two samples yet."""
        samples = self._samples.get(counter, ())
        if len(samples) < 2:  # noqa: PLR2004
            return None
        (begun, first), (ended, last) = samples[0], samples[-1]
        return (last - first) / (ended - begun)
