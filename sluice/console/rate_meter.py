"""Rates of counters, from the differences between samples."""

from collections import deque

_SPAN = 6.0
"""Time over which a rate is taken, s: a sink commits in steps, which a shorter time would show."""


class RateMeter:
    """Keeps the samples of the last seconds of each counter; a rate of long ago is none of now."""

    def __init__(self, *, span: float = _SPAN) -> None:
        self._span = span
        self._samples: dict[str, deque[tuple[float, int]]] = {}

    def note(self, counter: str, count: int, *, at: float, grows: bool = True, seldom: bool = False) -> float | None:
        """Note a count, read at a time in seconds, and return the counter's rate; the same time is the same reading.

        `grows`: a count that falls is of something made anew, whose rate is not known yet.
        `seldom`: it may be read so seldom that there is a rate across a long time between two samples, too.
        """
        samples = self._samples.setdefault(counter, deque())
        if samples and at <= samples[-1][0]:
            return self.rate(counter)
        if samples and ((grows and count < samples[-1][1]) or (not seldom and at - samples[-1][0] > 2 * self._span)):
            samples.clear()
        samples.append((at, count))
        # The oldest that is kept is the last one before the span, so that there are always two.
        while len(samples) > 2 and samples[1][0] <= at - self._span:  # noqa: PLR2004
            samples.popleft()
        return self.rate(counter)

    def rate(self, counter: str) -> float | None:
        """Return a counter's change per second; None if there are no two samples yet."""
        samples = self._samples.get(counter, ())
        if len(samples) < 2:  # noqa: PLR2004
            return None
        (begun, first), (ended, last) = samples[0], samples[-1]
        return (last - first) / (ended - begun)
