"""How far a sink is behind its topics, how fast that changes, and what the sink waits for."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sluice.sink_wait import SinkWait

_TREND_SECONDS = 1.0
"""Time between the two readings of the lags, if there is any."""
_SOON_SECONDS = 5
"""A sink that will have caught up within this time is not called behind."""


@dataclass(frozen=True, kw_only=True)
class SinkLag:
    """Lag of a sink."""

    connector: str
    records: int
    """Number of records that it has not yet committed."""
    change_per_second: float | None = None
    """How fast the lag grows; negative if it shrinks; None if it was 0, or was read only once."""
    wait: SinkWait | None = None
    """What its tasks wait for, as they say."""
    committed: Mapping[str, int] = field(default_factory=dict[str, int])
    """By topic, the sum of the offsets that it has committed: how fast it grows is how fast the sink writes."""

    @property
    def behind(self) -> str | None:
        """A sentence for a sink that will not have caught up within seconds."""
        if not self.records or self.change_per_second is None:
            return None
        if self.change_per_second >= 0:
            return (
                f"{self.connector} is {self.records:,} records behind, {self.change_per_second:,.0f} more each second"
            )
        seconds = self.records / -self.change_per_second
        if seconds <= _SOON_SECONDS:
            return None
        return (
            f"{self.connector} is {self.records:,} records behind, {-self.change_per_second:,.0f} fewer each second: "
            f"about {seconds:,.0f} s left"
        )


def read_with_trend(read: Callable[[], tuple[SinkLag, ...]]) -> tuple[SinkLag, ...]:
    """Read the lags; if there is any, again a second later, for how fast it changes."""
    first, begun = read(), time.monotonic()
    if not any(lag.records for lag in first):
        return first
    time.sleep(_TREND_SECONDS)
    second, seconds = read(), time.monotonic() - begun
    before = {lag.connector: lag.records for lag in first}
    return tuple(
        replace(lag, change_per_second=(lag.records - before[lag.connector]) / seconds)
        if lag.connector in before
        else lag
        for lag in second
    )
