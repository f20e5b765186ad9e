"""How a proof can end, and what every proof says in the same words."""

from dataclasses import dataclass
from enum import Enum

from sluice.proof.shared.sink_progress import SinkState
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX

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
    """Messages that can change what was found are still waiting for the sink."""
    SINK_FAILED = "sink-failed"
    """The sink does not run as it should, and something is not as it was to be proven or may still change."""
    DIFFERENT = "different"
    """Something is missing, different or extra, and nothing on its way to the store can change that."""


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
            f"{_waiting(sink, items)}.",
            *((_AGAIN,) if sink.stuck else ()),
        )
    if sink.concerning:
        return Outcome.NOT_CAUGHT_UP, (
            f"{_waiting(sink, items)} after {question.wait_seconds:g} s: the sink has not caught up. Run the proof"
            " again, or give it more time with --wait; `sluice status` shows how far it is.",
        )
    nothing = "no message is waiting" if not sink.lag else f"no message of these {items} is waiting"
    return Outcome.DIFFERENT, (f"The sink runs and {nothing}: nothing is on its way. {remedy}", *_lost(sink))


def can_change(sink: SinkState) -> str:
    """What is said after a headline that holds only until waiting messages are dealt with."""
    one = sink.concerning == 1
    return f" now, but {messages(sink.concerning)} that can change this {'is' if one else 'are'} waiting for the sink"


def aside(sink: SinkState, *, later: int, items: str) -> tuple[str, ...]:
    """Sentences on messages that a verdict does not wait for."""
    others = sink.lag - sink.concerning
    waits = f"{messages(others)} {'waits' if others == 1 else 'wait'} for the sink that cannot change this"
    came = f"{messages(later)} came to the topic after the source had been read; the proof has not waited for them"
    return (
        *((f"{waits}: none is of these {items}.",) if others and not sink.concerning else ()),
        *((f"{came}.",) if later else ()),
    )


def messages(count: int) -> str:
    """A number of messages, in words."""
    return f"{count:,} message{'' if count == 1 else 's'}"


def _waiting(sink: SinkState, items: str) -> str:
    if not sink.lag:
        return "No message is waiting for the sink"
    if not sink.concerning:
        return f"No message of these {items} is waiting for the sink"
    one = sink.concerning == 1
    return f"{messages(sink.concerning)} that can change this {'was' if one else 'were'} waiting for the sink"


def _lost(sink: SinkState) -> tuple[str, ...]:
    if not sink.lost:
        return ()
    return (f"The topic deleted {messages(sink.lost)} by age before the sink had read them: they never arrive.",)


def letters(count: int, *, topic: str) -> tuple[str, ...]:
    """A sentence on the messages in a topic of dead letters, if there are any."""
    if not count:
        return ()
    there = f"There {are(count)} {messages(count)}"
    connector = topic.removesuffix(DEAD_LETTERS_SUFFIX)
    return (f"{there} that the sink could not use: `sluice dlq --connector {connector}` says why.",)


def are(count: int) -> str:
    """The verb that goes with a number."""
    return "is" if count == 1 else "are"
