"""Verdict of a proof of rows: the same words on the terminal, in the report and in the JSON result."""

from sluice.proof.gps.prove import RowProofResult
from sluice.proof.gps.table_rows import TABLE
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_verdict import Verdict, VerdictFacts, VerdictWriter
from sluice.proof.shared.sink_progress import ROWS_SINK
from sluice.proof.shared.verdict_sentences import are, counted


def judge_rows(*, options: ProofOptions, result: RowProofResult, dead_letters: int) -> Verdict:
    """Return the verdict on a proof of rows; `dead_letters` is the number of the sink's dead letters."""
    return _RowsVerdictWriter(options=options, result=result, dead_letters=dead_letters).judge()


class _RowsVerdictWriter(VerdictWriter):
    item = source_item = "row"
    store = "the table"
    store_name = TABLE
    equality = "every field equal"
    rejected_because = "no valid fix"
    load_command = "sluice load gps SOURCE"
    sink_names = ROWS_SINK

    def __init__(self, *, options: ProofOptions, result: RowProofResult, dead_letters: int) -> None:
        self._comparison = result.comparison
        super().__init__(
            VerdictFacts(
                options=options,
                comparison=result.comparison,
                extra=result.comparison.extra_unnamed,
                rejected_present=result.comparison.rejected_present.count,
                rejected=result.source.rejected,
                sink=result.sink,
                later=result.later,
                dead_letters=dead_letters,
            )
        )

    def notes(self) -> tuple[str, ...]:
        """Return a sentence on zeros that lost their sign."""
        zeros = self._comparison.signless_zeros
        if not zeros:
            return ()
        return (f"{counted(zeros, 'zero')} differ only in sign (-0.0 and 0.0 are the same number).",)

    def first_reasons(self) -> tuple[str, ...]:
        """Return none: a table has no limit such as Redis' maxmemory."""
        return ()

    def explain_extra(self) -> str:
        """Return the sentence on where extra rows lie and may come from."""
        return (
            "Every row of the source is there. The extra rows lie between its first and its last utime: another log of"
            " the same time, or rows that a shorter file no longer has. --allow-extra accepts them."
        )

    def describe_allowed_extra(self) -> str:
        """Return the sentence on the number of rows of other logs."""
        extra = self.facts.extra
        return f"{counted(extra, 'row')} of other logs from the same time {are(extra)} in the table too."

    def locate_rejected(self) -> tuple[str, str, str]:
        """Return line and reject reason of the first one; rows are found by their utime."""
        first = self._comparison.rejected_present.first[:1]
        example = f" (such as line {first[0].line_number:,}: {first[0].reason.sentence})" if first else ""
        return example, "its utime" if self.facts.rejected_present == 1 else "their utime", "rows in the database"
