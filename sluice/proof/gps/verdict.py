"""What a proof found, in words: the same on the terminal, in the report and for a script."""

from sluice.proof.gps.compare import Comparison
from sluice.proof.gps.prove import Finding
from sluice.proof.gps.table_rows import TABLE
from sluice.proof.shared.outcome import Outcome, Question, Verdict, are, aside, can_change, letters, not_arrived
from sluice.proof.shared.sink_progress import ROWS_SINK


def judge(*, question: Question, finding: Finding, dead_letters: int) -> Verdict:
    """The verdict on a comparison."""
    comparison, sink = finding.comparison, finding.sink
    rejected = _rejected(finding.source.rejected)
    if not comparison.compared and not comparison.refused.count:
        headline = "Nothing was compared: the source has no row that could be in the table."
        return Verdict(outcome=Outcome.NOTHING_COMPARED, headline=headline, reasons=rejected)
    last = (*rejected, *_zeros(comparison), *aside(sink, later=finding.later, items="rows"))
    holds = _holds(question, comparison)
    if holds and not sink.concerning:
        headline = f"{_good_headline(question, comparison.compared)}."
        return Verdict(outcome=Outcome.PROVEN, headline=headline, reasons=(*last, *_tolerated(comparison, question)))
    outcome, reasons = _why(finding, question=question)
    return Verdict(
        outcome=outcome,
        headline=_but_waiting(question, finding) if holds else _failed_headline(question, comparison),
        reasons=(*reasons, *_still_there(question, comparison), *_dead(question, finding, dead_letters), *last),
    )


def _holds(question: Question, comparison: Comparison) -> bool:
    if comparison.refused.count:
        return False
    if question.absent:
        return comparison.none_there
    return comparison.all_there and (question.allow_extra or not comparison.extra.count)


def _good_headline(question: Question, compared: int) -> str:
    if question.absent:
        return f"None of the {rows(compared)} of the source is in {TABLE}"
    one = f"The one row of the source is in {TABLE}, every field equal"
    return one if compared == 1 else f"All {rows(compared)} of the source are in {TABLE}, every field equal"


def _but_waiting(question: Question, finding: Finding) -> str:
    return f"{_good_headline(question, finding.comparison.compared)}{can_change(finding.sink)}."


def _failed_headline(question: Question, comparison: Comparison) -> str:
    compared, refused = comparison.compared, comparison.refused.count
    missing, different, extra = comparison.missing.count, comparison.different.count, comparison.others
    present = compared - missing
    there = f"{_rejects(refused)} {are(refused)} in the table" if refused else ""
    if question.absent:
        parts = [f"{rows(present)} of {compared:,} {are(present)} still in {TABLE}" if present else "", there]
    else:
        parts = [
            f"{rows(missing)} of {compared:,} {are(missing)} missing" if missing else "",
            f"{rows(different)} {'differs' if different == 1 else 'differ'}" if different else "",
            f"{rows(extra)} {are(extra)} in the table but not in the source"
            if extra and not question.allow_extra
            else "",
            there,
        ]
    return "; ".join(part for part in parts if part) + "."


def _why(finding: Finding, *, question: Question) -> tuple[Outcome, tuple[str, ...]]:
    comparison, sink = finding.comparison, finding.sink
    complete = comparison.none_there if question.absent else comparison.all_there
    if (complete or not comparison.compared) and not sink.concerning:
        return Outcome.DIFFERENT, _not_missing(question, comparison)
    hint = "deletes its rows" if question.absent else "sends every row of it again"
    command = "sluice load gps SOURCE" + (" --tombstones" if question.absent else "")
    return not_arrived(sink, question=question, items="rows", remedy=f"`{command}` {hint}.")


def _not_missing(question: Question, comparison: Comparison) -> tuple[str, ...]:
    if question.absent or question.allow_extra or not comparison.others:
        return ()
    return (
        "Every row of the source is there. The extra rows lie between its first and its last utime: another log of"
        " the same time, or rows that a shorter file no longer has. --allow-extra lets them be.",
    )


def _still_there(question: Question, comparison: Comparison) -> tuple[str, ...]:
    refused = comparison.refused
    if not refused.count:
        return ()
    first = refused.first[:1]
    example = f" (such as line {first[0].line_number:,}: {first[0].reason.sentence})" if first else ""
    allowed = " --allow-extra does not cover them: the source itself names them." if question.allow_extra else ""
    return (
        f"{_rejects(refused.count)}{example} {are(refused.count)} in the table by"
        f" {'its' if refused.count == 1 else 'their'} utime: from another load, or from this source as it was before."
        " A load with --tombstones deletes only what it accepts: give it what was loaded then, or delete the rows in"
        f" the database.{allowed}",
    )


def _dead(question: Question, finding: Finding, dead_letters: int) -> tuple[str, ...]:
    comparison = finding.comparison
    present = comparison.compared - comparison.missing.count + comparison.refused.count
    wrong = present if question.absent else comparison.missing.count or comparison.different.count
    return letters(dead_letters, topic=ROWS_SINK.dead_letters) if wrong else ()


def _rejected(rejected: int) -> tuple[str, ...]:
    if not rejected:
        return ()
    return (f"{rows(rejected)} of the source {are(rejected)} rejected: no valid fix, so not to be in the table.",)


def _tolerated(comparison: Comparison, question: Question) -> tuple[str, ...]:
    extra = comparison.others
    if question.absent or not extra:
        return ()
    return (f"{rows(extra)} of other logs from the same time {are(extra)} in the table too.",)


def _zeros(comparison: Comparison) -> tuple[str, ...]:
    zeros = comparison.signless_zeros
    if not zeros:
        return ()
    return (f"{zeros:,} zero{'' if zeros == 1 else 's'} differ only in sign (-0.0 and 0.0 are the same number).",)


def _rejects(count: int) -> str:
    return f"{count:,} rejected row{'' if count == 1 else 's'} of the source"


def rows(count: int) -> str:
    """A number of rows, in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"
