"""Whatever a source, a table and a pipeline look like: a proof says yes only where it is true and stays so.

The truth is worked out here a second time, from the rows themselves and as simply as can be.
"""

from dataclasses import dataclass, replace
from itertools import chain

from hypothesis import example, given, settings
from hypothesis import strategies as st

from producer.gps.parse_row import GpsFix
from sluice.proof.gps.table_rows import TableRow
from sluice.proof.gps.verdict import judge
from sluice.proof.shared.outcome import Outcome, Question, Verdict
from tests.unit.sluice.proof.fakes import FAILED, PAUSED, FakeSink, FakeTable, delete, find, fix, line, stored, upsert

GOOD, OTHER, ANGLE, SHORT, LONG, BYTES = "good", "other", "angle", "short", "long", "bytes"
THREE = ((0, GOOD), (1, GOOD), (2, GOOD))
NUMBERS = st.integers(-2, 7)
PRESENT = Question(wait_seconds=30)
BETWEEN = fix(1)._replace(utime=fix(1).utime + 1)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A source, a table and a pipeline."""

    rows: tuple[tuple[int, str], ...]
    """Of the source: the number of a fix, and whether the row is good or what is wrong with it."""
    table: tuple[TableRow, ...]
    waiting: tuple[tuple[bytes, TableRow | None], ...] = ()
    halt: str | None = None
    pace: int = 1
    markers: int = 0
    question: Question = PRESENT

    @property
    def log(self) -> bytes:
        return b"".join(written(number, kind) for number, kind in self.rows)

    @property
    def accepted(self) -> dict[int, TableRow]:
        """The rows that must be there, or, asked for, must not; of several with one utime the first that is good."""
        found: dict[int, TableRow] = {}
        for number, kind in self.rows:
            if kind in (GOOD, OTHER):
                found.setdefault(fix(number).utime, stored(variant(number, kind)))
        return found

    @property
    def refused(self) -> set[int]:
        """Utimes that must not be there, whatever was asked."""
        return {fix(number).utime for number, _ in self.rows} - self.accepted.keys()

    def faulty(self, utime: int) -> bool:
        """True if no row but one of the source may have this utime."""
        utimes = self.accepted.keys()
        strict = not (self.question.absent or self.question.allow_extra)
        return strict and bool(utimes) and min(utimes) <= utime <= max(utimes)

    def matters(self, key: bytes) -> bool:
        """True if a message with this key can change the truth."""
        utime = int(key) if key.isdigit() else None
        return utime is not None and (utime in self.accepted or utime in self.refused or self.faulty(utime))

    def true(self, table: FakeTable) -> bool:
        """True if the table is as it was to be proven."""
        rows = {row.utime: row for row in table.content}
        if not self.accepted or self.refused & rows.keys():
            return False
        if self.question.absent:
            return not self.accepted.keys() & rows.keys()
        there = all(rows.get(utime) == row for utime, row in self.accepted.items())
        return there and not any(self.faulty(utime) for utime in rows.keys() - self.accepted.keys())


def variant(number: int, kind: str) -> GpsFix:
    return fix(number)._replace(speed=77.5) if kind == OTHER else fix(number)


def written(number: int, kind: str) -> bytes:
    row = line(variant(number, kind)).rstrip(b"\n")
    changed = {
        ANGLE: line(fix(number)._replace(latitude=9.0)).rstrip(b"\n"),
        SHORT: b",".join(row.split(b",")[:3]),
        LONG: row + b",1",
        BYTES: row + b"\xff",
    }
    return changed.get(kind, row) + b"\n"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kinds = st.sampled_from([GOOD, GOOD, GOOD, OTHER, ANGLE, SHORT, LONG, BYTES])
    some = draw(st.sampled_from([(), THREE, THREE]))
    rows = tuple(draw(st.permutations([*some, *draw(st.lists(st.tuples(NUMBERS, kinds), max_size=3))])))
    question = draw(
        st.builds(Question, absent=st.booleans(), allow_extra=st.booleans(), wait_seconds=st.sampled_from([0.0, 30.0]))
    )
    case = Case(rows=rows, table=(), question=question)
    start = {} if question.absent else case.accepted
    case = replace(case, table=tuple(draw(changed(start))))
    any_row = st.builds(variant, NUMBERS, st.sampled_from([GOOD, OTHER])) | st.just(BETWEEN)
    messages = st.sampled_from([upsert, delete]).flatmap(lambda send: st.builds(send, any_row))
    return replace(
        case,
        waiting=tuple(chain(*draw(st.lists(messages | st.just([(b"no number", None)]), max_size=2)))),
        halt=draw(st.sampled_from([None, PAUSED, FAILED])),
        pace=draw(st.integers(1, 2)),
        markers=draw(st.integers(0, 1)),
    )


@st.composite
def changed(draw: st.DrawFn, rows: dict[int, TableRow]) -> list[TableRow]:
    """A table that differs in one place at most, before, in or after the source's time."""
    change = draw(st.sampled_from(["nothing", "missing", "different", "more", "between"]))
    utime = draw(st.sampled_from(sorted(rows))) if rows else None
    table = dict(rows)
    if change == "missing" and utime is not None:
        del table[utime]
    if change == "different" and utime is not None:
        table[utime] = table[utime]._replace(recorded_at=0)
    if change == "more":
        more = stored(fix(draw(NUMBERS)))
        table.setdefault(more.utime, more)
    if change == "between":
        table[BETWEEN.utime] = stored(BETWEEN)
    return list(table.values())


def prove(case: Case) -> tuple[Verdict, FakeTable, FakeSink]:
    table = FakeTable(case.table)
    sink = FakeSink(case.waiting, apply=table.apply, halt=case.halt, pace=case.pace, markers=case.markers)
    finding = find(case.log, table=table, sink=sink, question=case.question)
    return judge(question=case.question, finding=finding, dead_letters=0), table, sink


def after(table: FakeTable, messages: list[tuple[bytes, TableRow | None]]) -> FakeTable:
    then = FakeTable(table.content)
    for message in messages:
        then.apply(*message)
    return then


ALL = tuple(stored(fix(number)) for number in range(3))


@settings(max_examples=200, deadline=None)
@given(cases())
@example(Case(rows=(*THREE, (5, ANGLE)), table=(*ALL, stored(fix(5)))))
@example(Case(rows=(*THREE, (5, SHORT)), table=(*ALL, stored(fix(5)))))
@example(Case(rows=(*THREE, (-2, LONG)), table=(*ALL, stored(fix(-2)))))
@example(Case(rows=(*THREE, (5, BYTES)), table=(*ALL, stored(fix(5)))))
@example(Case(rows=((0, ANGLE), *THREE[1:]), table=(stored(fix(0)),), question=Question(absent=True, wait_seconds=30)))
@example(Case(rows=((0, ANGLE),), table=(stored(fix(0)),)))
@example(Case(rows=THREE, table=ALL, waiting=(*delete(fix(1)),), halt=PAUSED))
@example(Case(rows=THREE, table=ALL, waiting=(*upsert(BETWEEN),), halt=FAILED))
@example(Case(rows=(*THREE, (5, ANGLE)), table=ALL, waiting=(*upsert(fix(5)),), halt=FAILED))
@example(
    Case(rows=THREE, table=(), waiting=(*upsert(fix(1)),), halt=PAUSED, question=Question(absent=True, wait_seconds=0))
)
def test_a_yes_is_true_now_and_when_the_sink_has_dealt_with_what_waits(case: Case):
    verdict, table, sink = prove(case)
    if verdict.ok:
        for messages in sink.beginnings():
            assert case.true(after(table, messages))


@settings(max_examples=200, deadline=None)
@given(cases())
@example(Case(rows=THREE, table=ALL, waiting=(*delete(fix(7)),), halt=PAUSED))
@example(Case(rows=THREE, table=ALL[:1], waiting=(*upsert(*map(fix, range(3))),), pace=2))
@example(Case(rows=THREE, table=ALL, markers=1))
@example(Case(rows=(*THREE, (1, ANGLE)), table=ALL))
def test_a_no_is_true_where_nothing_more_can_come(case: Case):
    verdict, table, sink = prove(case)
    everything = [*sink.beginnings()][-1]
    can_change = any(case.matters(key) for key, _ in everything)
    if not can_change and (case.halt is not None or case.question.wait_seconds):
        assert verdict.ok is case.true(table)
    if can_change and not verdict.ok and case.accepted:
        assert verdict.outcome in (Outcome.NOT_CAUGHT_UP, Outcome.SINK_FAILED)
