"""How a proof can end, and what every proof says in the same words."""

from dataclasses import dataclass
from enum import Enum

from proof.sink import SinkState

_SUFFIX = "-dead-letters"
_AGAIN = (
    "When that is mended, start it again (on this machine `sluice up` starts what has failed), and run the proof again."
)


class Outcome(Enum):
    """How a proof can end."""

    PROVEN = "proven"
    """All is there, or, asked for, none is."""
    NOTHING_COMPARED = "nothing-compared"
    """The source has nothing that could be in the store."""
    NOT_CAUGHT_UP = "not-caught-up"
    """Something is missing or different, and messages are still waiting for the sink."""
    SINK_FAILED = "sink-failed"
    """Something is missing or different, and the sink does not run as it should."""
    DIFFERENT = "different"
    """Something is missing, different or extra though the sink has dealt with everything."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome and the sentences that say it."""

    outcome: Outcome
    headline: str
    reasons: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True if what was to be proven is."""
        return self.outcome is Outcome.PROVEN


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a proof was asked to show."""

    absent: bool = False
    """That nothing of the source is in the store."""
    allow_extra: bool = False
    """What other sources have put there is no fault."""
    wait_seconds: float


def not_arrived(sink: SinkState, *, question: Question, items: str, remedy: str) -> tuple[Outcome, tuple[str, ...]]:
    """Why `items` ("rows") are not as they should be, by what the sink says; `remedy` where it says all is done."""
    if sink.troubles:
        return Outcome.SINK_FAILED, (
            *(f"{trouble}." for trouble in sink.troubles),
            _waiting(sink.lag),
            *((_AGAIN,) if sink.stuck else ()),
        )
    if sink.lag:
        after = f"{_waiting(sink.lag)[:-1]} after {question.wait_seconds:g} s"
        return Outcome.NOT_CAUGHT_UP, (
            f"{after}: the sink has not caught up, and {items} may be on their way. Run the proof again, or give it"
            " more time with --wait.",
        )
    return Outcome.DIFFERENT, (f"The sink runs and no message is waiting: nothing is on its way. {remedy}",)


def _waiting(lag: int) -> str:
    if lag == 0:
        return "No message is waiting for the sink."
    return f"{lag:,} message{' was' if lag == 1 else 's were'} waiting for the sink."


def letters(count: int, *, topic: str) -> tuple[str, ...]:
    """A sentence on the messages in a topic of dead letters, if there are any."""
    if not count:
        return ()
    there = f"There {are(count)} {count:,} message{'' if count == 1 else 's'}"
    return (f"{there} that the sink could not use: `sluice dlq --connector {topic.removesuffix(_SUFFIX)}` says why.",)


def are(count: int) -> str:
    """The verb that goes with a number."""
    return "is" if count == 1 else "are"
