"""Verdict of a proof: outcome, headline and reasons, in the same words for rows and images."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from sluice.proof.shared.comparison import Comparison
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.sink_progress import SinkNames, SinkState
from sluice.proof.shared.verdict_sentences import (
    are,
    can_change,
    counted,
    dead_letter_sentences,
    explain_missing,
    other_records,
)


class Outcome(Enum):
    """Kind of a verdict: the value of `outcome` in the JSON result."""

    PROVEN = "proven"
    """All is there, or, with --absent, none is."""
    NOTHING_COMPARED = "nothing-compared"
    """The source has nothing that could be in the store."""
    NOT_CAUGHT_UP = "not-caught-up"
    """Records that can change the verdict are still waiting for the sink."""
    SINK_FAILED = "sink-failed"
    """The sink does not run properly, and something is missing, different or extra, or may still change."""
    DIFFERENT = "different"
    """Something is missing, different or extra, and no record on its way to the store can change that."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome and the sentences that explain it."""

    outcome: Outcome
    headline: str
    reasons: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True if proven."""
        return self.outcome is Outcome.PROVEN


@dataclass(frozen=True, kw_only=True)
class VerdictFacts:
    """Results of a proof from which its verdict follows."""

    options: ProofOptions
    comparison: Comparison[Any, Any]
    extra: int
    """Rows or images in the store that are not in the source; 0 where they were not looked for."""
    rejected_present: int
    """Rejected rows or files of the source that the store has."""
    rejected: int
    """Rejected rows or files of the source."""
    sink: SinkState
    later: int
    """Records that were written to the topic after the source had been read."""
    dead_letters: int

    @property
    def present(self) -> int:
        """Rows or images of the source that the store has, equal or not."""
        return self.comparison.compared - self.comparison.missing.count


class VerdictWriter(ABC):
    """Writes the verdict of one proof; a subclass gives the words and sentences of rows or of images."""

    item: ClassVar[str]
    """What is compared: "row"."""
    source_item: ClassVar[str]
    """What a load rejects: "row", "file"."""
    store: ClassVar[str]
    """The store within a sentence: "the table"."""
    store_name: ClassVar[str]
    equality: ClassVar[str]
    """What equal means: "every field equal"."""
    rejected_because: ClassVar[str]
    load_command: ClassVar[str]
    sink_names: ClassVar[SinkNames]

    def __init__(self, facts: VerdictFacts) -> None:
        self.facts = facts

    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """Return sentences about the source or the comparison, for every verdict."""

    @abstractmethod
    def first_reasons(self) -> tuple[str, ...]:
        """Return reasons to list first where something is missing, different or extra."""

    @abstractmethod
    def explain_extra(self) -> str:
        """Return the sentence on extra rows or images that are a fault."""

    @abstractmethod
    def describe_allowed_extra(self) -> str:
        """Return the sentence on extra rows or images that --allow-extra allows."""

    @abstractmethod
    def locate_rejected(self) -> tuple[str, str, str]:
        """Return an example of the rejects in the store, how they were found ("its key"), and what can be deleted."""

    def judge(self) -> Verdict:
        """Return the verdict."""
        facts = self.facts
        if not facts.comparison.compared and not facts.rejected_present:
            headline = f"Nothing was compared: the source has no {self.item} that could be in {self.store}."
            return Verdict(outcome=Outcome.NOTHING_COMPARED, headline=headline, reasons=self._note_rejected())
        notes = (
            *self._note_rejected(),
            *self.notes(),
            *other_records(facts.sink, later=facts.later, items=f"{self.item}s"),
        )
        good = self._is_as_expected()
        if good and not facts.sink.concerning:
            reasons = (*notes, *self._note_allowed_extra())
            return Verdict(outcome=Outcome.PROVEN, headline=f"{self._good_headline()}.", reasons=reasons)
        outcome, reasons = self._explain()
        return Verdict(
            outcome=outcome,
            headline=f"{self._good_headline()}{can_change(facts.sink)}." if good else self._bad_headline(),
            reasons=(
                *self.first_reasons(),
                *reasons,
                *self._explain_rejected(),
                *self._mention_dead_letters(),
                *notes,
            ),
        )

    def _is_as_expected(self) -> bool:
        facts = self.facts
        if facts.rejected_present:
            return False
        if facts.options.absent:
            return facts.comparison.none_there
        return facts.comparison.all_there and (facts.options.allow_extra or not facts.extra)

    def _good_headline(self) -> str:
        compared = self.facts.comparison.compared
        if self.facts.options.absent:
            return f"None of the {self._items(compared)} of the source is in {self.store_name}"
        if compared == 1:
            return f"The one {self.item} of the source is in {self.store_name}, {self.equality}"
        return f"All {self._items(compared)} of the source are in {self.store_name}, {self.equality}"

    def _bad_headline(self) -> str:
        facts, options = self.facts, self.facts.options
        compared, present, extra, rejected = (
            facts.comparison.compared,
            facts.present,
            facts.extra,
            facts.rejected_present,
        )
        missing, different = facts.comparison.missing.count, facts.comparison.different.count
        rejected_part = f"{self._rejected_items(rejected)} {are(rejected)} in {self.store}" if rejected else ""
        if options.absent:
            still = f"{self._items(present)} of {compared:,} {are(present)} still in {self.store_name}"
            parts = [still if present else "", rejected_part]
        else:
            parts = [
                f"{self._items(missing)} of {compared:,} {are(missing)} missing" if missing else "",
                f"{self._items(different)} {'differs' if different == 1 else 'differ'}" if different else "",
                f"{self._items(extra)} {are(extra)} in {self.store} but not in the source"
                if extra and not options.allow_extra
                else "",
                rejected_part,
            ]
        return "; ".join(part for part in parts if part) + "."

    def _explain(self) -> tuple[Outcome, tuple[str, ...]]:
        facts, options = self.facts, self.facts.options
        complete = facts.comparison.none_there if options.absent else facts.comparison.all_there
        if (complete or not facts.comparison.compared) and not facts.sink.concerning:
            faulty = facts.extra and not (options.absent or options.allow_extra)
            return Outcome.DIFFERENT, (self.explain_extra(),) if faulty else ()
        effect = f"deletes its {self.item}s" if options.absent else f"sends every {self.item} of it again"
        command = self.load_command + (" --tombstones" if options.absent else "")
        reasons = explain_missing(
            facts.sink,
            wait_seconds=options.wait_seconds,
            items=f"{self.item}s",
            remedy=f"`{command}` {effect}.",
        )
        if facts.sink.problems:
            return Outcome.SINK_FAILED, reasons
        return (Outcome.NOT_CAUGHT_UP if facts.sink.concerning else Outcome.DIFFERENT), reasons

    def _explain_rejected(self) -> tuple[str, ...]:
        count = self.facts.rejected_present
        if not count:
            return ()
        example, found_by, deletable = self.locate_rejected()
        allow_extra = self.facts.options.allow_extra
        allowed = " --allow-extra does not cover them: the source itself names them." if allow_extra else ""
        return (
            f"{self._rejected_items(count)}{example} {are(count)} in {self.store} by {found_by}: from another load, or"
            " from an earlier version of this source. A load with --tombstones deletes only what it accepts: run it"
            f" with the earlier version, or delete the {deletable}.{allowed}",
        )

    def _mention_dead_letters(self) -> tuple[str, ...]:
        facts = self.facts
        if facts.options.absent:
            wrong = facts.present + facts.rejected_present
        else:
            wrong = facts.comparison.missing.count or facts.comparison.different.count
        return dead_letter_sentences(facts.dead_letters, topic=self.sink_names.dead_letters) if wrong else ()

    def _note_rejected(self) -> tuple[str, ...]:
        count = self.facts.rejected
        if not count:
            return ()
        rejected = counted(count, self.source_item)
        must = "it must" if count == 1 else "they must"
        return (
            f"{rejected} of the source {are(count)} rejected ({self.rejected_because}): {must} not be in {self.store}.",
        )

    def _note_allowed_extra(self) -> tuple[str, ...]:
        return (self.describe_allowed_extra(),) if self.facts.extra and not self.facts.options.absent else ()

    def _items(self, count: int) -> str:
        return counted(count, self.item)

    def _rejected_items(self, count: int) -> str:
        return f"{counted(count, f'rejected {self.source_item}')} of the source"
