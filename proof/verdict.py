"""What a proof found, in words: the same on the terminal, in the report and for a script."""

from dataclasses import dataclass
from enum import Enum

from proof.compare import Comparison
from proof.sink import DEAD_LETTERS, SinkState
from proof.source import SourceSummary
from proof.table import TABLE


class Outcome(Enum):
    """How a proof can end."""

    PROVEN = "proven"
    """All is there, or, asked for, none is."""
    NOTHING_COMPARED = "nothing-compared"
    """The source has no row that could be in the table."""
    NOT_CAUGHT_UP = "not-caught-up"
    """Rows are missing or different, and messages are still waiting for the sink."""
    SINK_FAILED = "sink-failed"
    """Rows are missing or different, and the sink does not run as it should."""
    DIFFERENT = "different"
    """Rows are missing, different or extra though the sink has dealt with everything."""


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
    """That no row of the source is in the table."""
    allow_extra: bool = False
    """Rows of other logs from the same time are no fault."""
    wait_seconds: float


def judge(
    *, question: Question, source: SourceSummary, comparison: Comparison, sink: SinkState, dead_letters: int
) -> Verdict:
    """The verdict on a comparison."""
    if not comparison.compared:
        headline = "Nothing was compared: the source has no row that could be in the table"
        return Verdict(outcome=Outcome.NOTHING_COMPARED, headline=f"{headline}.", reasons=_rejected(source.rejected))
    if _proven(question, comparison):
        headline = _proven_headline(question, comparison.compared)
        reasons = (*_rejected(source.rejected), *_zeros(comparison), *_tolerated(comparison, question))
        return Verdict(outcome=Outcome.PROVEN, headline=headline, reasons=reasons)
    outcome, reasons = _why(comparison, sink=sink, question=question)
    letters = _dead_letters(dead_letters) if comparison.missing.count or comparison.different.count else ()
    return Verdict(
        outcome=outcome,
        headline=_failed_headline(question, comparison),
        reasons=(*reasons, *letters, *_rejected(source.rejected), *_zeros(comparison)),
    )


def _proven(question: Question, comparison: Comparison) -> bool:
    if question.absent:
        return comparison.none_there
    return comparison.all_there and (question.allow_extra or not comparison.extra.count)


def _proven_headline(question: Question, compared: int) -> str:
    if question.absent:
        return f"None of the {rows(compared)} of the source is in {TABLE}."
    one = f"The one row of the source is in {TABLE}, every field equal."
    return one if compared == 1 else f"All {rows(compared)} of the source are in {TABLE}, every field equal."


def _failed_headline(question: Question, comparison: Comparison) -> str:
    compared = comparison.compared
    if question.absent:
        present = compared - comparison.missing.count
        return f"{rows(present)} of {compared:,} {_are(present)} still in {TABLE}."
    missing, different, extra = comparison.missing.count, comparison.different.count, comparison.extra.count
    parts = [
        f"{rows(missing)} of {compared:,} {_are(missing)} missing" if missing else "",
        f"{rows(different)} {'differs' if different == 1 else 'differ'}" if different else "",
        f"{rows(extra)} {_are(extra)} in the table but not in the source" if extra else "",
    ]
    return "; ".join(part for part in parts if part) + "."


def _why(comparison: Comparison, *, sink: SinkState, question: Question) -> tuple[Outcome, tuple[str, ...]]:
    complete = not question.absent and comparison.all_there
    if complete:
        return Outcome.DIFFERENT, (
            "Every row of the source is there. The extra rows lie between its first and its last utime: another log of"
            " the same time, or rows that a shorter file no longer has. --allow-extra lets them be.",
        )
    if sink.troubles:
        return Outcome.SINK_FAILED, (*(f"{trouble}." for trouble in sink.troubles), _waiting(sink.lag))
    if sink.lag:
        after = f"{_waiting(sink.lag)[:-1]} after {question.wait_seconds:g} s"
        return Outcome.NOT_CAUGHT_UP, (
            f"{after}: the sink has not caught up, and rows may be on their way. Run the proof again, or give it"
            " more time with --wait.",
        )
    hint = "deletes its rows" if question.absent else "sends every row of it again"
    command = "sluice load gps SOURCE" + (" --tombstones" if question.absent else "")
    return Outcome.DIFFERENT, (f"The sink runs and no message is waiting: nothing is on its way. `{command}` {hint}.",)


def _waiting(lag: int) -> str:
    if lag == 0:
        return "No message is waiting for the sink."
    return f"{lag:,} message{' was' if lag == 1 else 's were'} waiting for the sink."


def _dead_letters(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    are = f"There {_are(count)} {count:,} message{'' if count == 1 else 's'}"
    return (f"{are} that the sink could not read: `sluice messages {DEAD_LETTERS}` shows why.",)


def _rejected(rejected: int) -> tuple[str, ...]:
    if not rejected:
        return ()
    return (f"{rows(rejected)} of the source {_are(rejected)} rejected: no valid fix, so not to be in the table.",)


def _tolerated(comparison: Comparison, question: Question) -> tuple[str, ...]:
    extra = comparison.extra.count
    if question.absent or not extra:
        return ()
    return (f"{rows(extra)} of other logs from the same time {_are(extra)} in the table too.",)


def _zeros(comparison: Comparison) -> tuple[str, ...]:
    zeros = comparison.signless_zeros
    if not zeros:
        return ()
    return (f"{zeros:,} zero{'' if zeros == 1 else 's'} differ only in sign (-0.0 and 0.0 are the same number).",)


def rows(count: int) -> str:
    """A number of rows, in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
