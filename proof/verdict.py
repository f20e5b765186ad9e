"""What a proof found, in words: the same on the terminal, in the report and for a script."""

from proof.compare import Comparison
from proof.outcome import Outcome, Question, Verdict, are, letters, not_arrived
from proof.sink import ROWS_SINK, SinkState
from proof.source import SourceSummary
from proof.table import TABLE


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
    lost = comparison.missing.count or comparison.different.count
    dead = letters(dead_letters, topic=ROWS_SINK.dead_letters) if lost else ()
    return Verdict(
        outcome=outcome,
        headline=_failed_headline(question, comparison),
        reasons=(*reasons, *dead, *_rejected(source.rejected), *_zeros(comparison)),
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
        return f"{rows(present)} of {compared:,} {are(present)} still in {TABLE}."
    missing, different, extra = comparison.missing.count, comparison.different.count, comparison.extra.count
    parts = [
        f"{rows(missing)} of {compared:,} {are(missing)} missing" if missing else "",
        f"{rows(different)} {'differs' if different == 1 else 'differ'}" if different else "",
        f"{rows(extra)} {are(extra)} in the table but not in the source" if extra else "",
    ]
    return "; ".join(part for part in parts if part) + "."


def _why(comparison: Comparison, *, sink: SinkState, question: Question) -> tuple[Outcome, tuple[str, ...]]:
    complete = not question.absent and comparison.all_there
    if complete:
        return Outcome.DIFFERENT, (
            "Every row of the source is there. The extra rows lie between its first and its last utime: another log of"
            " the same time, or rows that a shorter file no longer has. --allow-extra lets them be.",
        )
    hint = "deletes its rows" if question.absent else "sends every row of it again"
    command = "sluice load gps SOURCE" + (" --tombstones" if question.absent else "")
    return not_arrived(sink, question=question, items="rows", remedy=f"`{command}` {hint}.")


def _rejected(rejected: int) -> tuple[str, ...]:
    if not rejected:
        return ()
    return (f"{rows(rejected)} of the source {are(rejected)} rejected: no valid fix, so not to be in the table.",)


def _tolerated(comparison: Comparison, question: Question) -> tuple[str, ...]:
    extra = comparison.extra.count
    if question.absent or not extra:
        return ()
    return (f"{rows(extra)} of other logs from the same time {are(extra)} in the table too.",)


def _zeros(comparison: Comparison) -> tuple[str, ...]:
    zeros = comparison.signless_zeros
    if not zeros:
        return ()
    return (f"{zeros:,} zero{'' if zeros == 1 else 's'} differ only in sign (-0.0 and 0.0 are the same number).",)


def rows(count: int) -> str:
    """A number of rows, in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"
