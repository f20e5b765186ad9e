"""Property test of the verdict on rows: “proven” is true, now and after the waiting records.

What is true is computed a second time, from the rows themselves and as simply as possible.
"""

from dataclasses import dataclass, replace
from itertools import chain

from hypothesis import example, given, settings
from hypothesis import strategies as st

from producer.gps.parse_row import GpsFix
from sluice.proof.gps.table_rows import TableRow
from sluice.proof.gps.verdict import judge_rows
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_verdict import Outcome, Verdict
from tests.unit.sluice.proof.gps.fake_table import FakeTable, delete, fix, line, prove, stored, upsert
from tests.unit.sluice.proof.shared.fake_sink import FAILED, PAUSED, FakeSink

GOOD, OTHER, ANGLE, SHORT, LONG, BYTES = "good", "other", "angle", "short", "long", "bytes"
THREE = ((0, GOOD), (1, GOOD), (2, GOOD))
NUMBERS = st.integers(-2, 7)
PRESENT = ProofOptions(wait_seconds=30)
BETWEEN = fix(1)._replace(utime=fix(1).utime + 1)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A source, a table and a pipeline."""

    rows: tuple[tuple[int, str], ...]
    """Rows of the source: number of a fix, and GOOD or what is wrong with the row."""
    table: tuple[TableRow, ...]
    waiting: tuple[tuple[bytes, TableRow | None], ...] = ()
    problem: str | None = None
    pace: int = 1
    markers: int = 0
    options: ProofOptions = PRESENT

    @property
    def log(self) -> bytes:
        return b"".join(written(number, kind) for number, kind in self.rows)

    @property
    def accepted(self) -> dict[int, TableRow]:
        """Rows that must be in the table, or must not with --absent; of several with one utime the first good one."""
        found: dict[int, TableRow] = {}
        for number, kind in self.rows:
            if kind in (GOOD, OTHER):
                found.setdefault(fix(number).utime, stored(variant(number, kind)))
        return found

    @property
    def rejected(self) -> set[int]:
        """Utimes that must not be in the table, with any options."""
        return {fix(number).utime for number, _ in self.rows} - self.accepted.keys()

    def is_extra_fault(self, utime: int) -> bool:
        """True if a row with this utime that is none of the source is a fault."""
        utimes = self.accepted.keys()
        strict = not (self.options.absent or self.options.allow_extra)
        return strict and bool(utimes) and min(utimes) <= utime <= max(utimes)

    def can_change(self, key: bytes) -> bool:
        """True if a record with this key can change what is true."""
        utime = int(key) if key.isdigit() else None
        return utime is not None and (utime in self.accepted or utime in self.rejected or self.is_extra_fault(utime))

    def is_proven(self, table: FakeTable) -> bool:
        """True if the table is as the proof shall show."""
        rows = {row.utime: row for row in table.content}
        if not self.accepted or self.rejected & rows.keys():
            return False
        if self.options.absent:
            return not self.accepted.keys() & rows.keys()
        there = all(rows.get(utime) == row for utime, row in self.accepted.items())
        return there and not any(self.is_extra_fault(utime) for utime in rows.keys() - self.accepted.keys())


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
    options = draw(
        st.builds(
            ProofOptions, absent=st.booleans(), allow_extra=st.booleans(), wait_seconds=st.sampled_from([0.0, 30.0])
        )
    )
    case = Case(rows=rows, table=(), options=options)
    start = {} if options.absent else case.accepted
    case = replace(case, table=tuple(draw(changed(start))))
    any_row = st.builds(variant, NUMBERS, st.sampled_from([GOOD, OTHER])) | st.just(BETWEEN)
    records = st.sampled_from([upsert, delete]).flatmap(lambda send: st.builds(send, any_row))
    return replace(
        case,
        waiting=tuple(chain(*draw(st.lists(records | st.just([(b"no number", None)]), max_size=2)))),
        problem=draw(st.sampled_from([None, PAUSED, FAILED])),
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


def prove_case(case: Case) -> tuple[Verdict, FakeTable, FakeSink]:
    table = FakeTable(case.table)
    sink = FakeSink(case.waiting, apply=table.apply, problem=case.problem, pace=case.pace, markers=case.markers)
    result = prove(case.log, table=table, sink=sink, options=case.options)
    return judge_rows(options=case.options, result=result, dead_letters=0), table, sink


def after(table: FakeTable, records: list[tuple[bytes, TableRow | None]]) -> FakeTable:
    then = FakeTable(table.content)
    for record in records:
        then.apply(*record)
    return then


ALL = tuple(stored(fix(number)) for number in range(3))


@settings(max_examples=200, deadline=None)
@given(cases())
@example(Case(rows=(*THREE, (5, ANGLE)), table=(*ALL, stored(fix(5)))))
@example(Case(rows=(*THREE, (5, SHORT)), table=(*ALL, stored(fix(5)))))
@example(Case(rows=(*THREE, (-2, LONG)), table=(*ALL, stored(fix(-2)))))
@example(Case(rows=(*THREE, (5, BYTES)), table=(*ALL, stored(fix(5)))))
@example(
    Case(rows=((0, ANGLE), *THREE[1:]), table=(stored(fix(0)),), options=ProofOptions(absent=True, wait_seconds=30))
)
@example(Case(rows=((0, ANGLE),), table=(stored(fix(0)),)))
@example(Case(rows=THREE, table=ALL, waiting=(*delete(fix(1)),), problem=PAUSED))
@example(Case(rows=THREE, table=ALL, waiting=(*upsert(BETWEEN),), problem=FAILED))
@example(Case(rows=(*THREE, (5, ANGLE)), table=ALL, waiting=(*upsert(fix(5)),), problem=FAILED))
@example(
    Case(
        rows=THREE,
        table=(),
        waiting=(*upsert(fix(1)),),
        problem=PAUSED,
        options=ProofOptions(absent=True, wait_seconds=0),
    )
)
def test_proven_is_true_now_and_after_the_waiting_records(case: Case):
    verdict, table, sink = prove_case(case)
    if verdict.ok:
        for records in sink.beginnings():
            assert case.is_proven(after(table, records))


@settings(max_examples=200, deadline=None)
@given(cases())
@example(Case(rows=THREE, table=ALL, waiting=(*delete(fix(7)),), problem=PAUSED))
@example(Case(rows=THREE, table=ALL[:1], waiting=(*upsert(*map(fix, range(3))),), pace=2))
@example(Case(rows=THREE, table=ALL, markers=1))
@example(Case(rows=(*THREE, (1, ANGLE)), table=ALL))
def test_not_proven_is_true_if_no_record_can_change_it(case: Case):
    verdict, table, sink = prove_case(case)
    everything = [*sink.beginnings()][-1]
    can_change = any(case.can_change(key) for key, _ in everything)
    if not can_change and (case.problem is not None or case.options.wait_seconds):
        assert verdict.ok is case.is_proven(table)
    if can_change and not verdict.ok and case.accepted:
        assert verdict.outcome in (Outcome.NOT_CAUGHT_UP, Outcome.SINK_FAILED)
