import random

import pytest

from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason
from sluice.proof.gps.external_sort import RejectedRow
from sluice.proof.shared.proof_arguments import ProofOptions
from tests.unit.sluice.proof.gps.fake_table import FakeTable, delete, fix, line, prove, stored, upsert
from tests.unit.sluice.proof.shared.fake_sink import FAILED, PAUSED, FakeSink

FIXES = [fix(number) for number in range(40)]
LOG = b"".join(map(line, FIXES))
ROWS = [stored(item) for item in FIXES]
PRESENT = ProofOptions(wait_seconds=0)


def test_a_table_with_every_row_is_equal():
    result = prove(LOG, table=FakeTable(ROWS))
    assert result.comparison.equal == 40
    assert result.comparison.all_there
    assert result.source.rows == 40


def test_the_order_of_the_source_does_not_matter():
    lines = [line(item) for item in FIXES]
    random.Random(7).shuffle(lines)
    comparison = prove(b"".join(lines), table=FakeTable(ROWS[:11] + ROWS[12:])).comparison
    assert (comparison.equal, comparison.extra.count) == (39, 0)
    assert comparison.missing.first == (FIXES[11],)


def test_rows_of_other_sessions_are_not_compared():
    others = [stored(fix(number)) for number in (-500, -1, 40, 900)]
    comparison = prove(LOG, table=FakeTable([*others, *ROWS])).comparison
    assert comparison.all_there
    assert comparison.extra.count == 0


def test_a_row_that_is_rejected_must_not_be_there():
    wrong = fix(7)._replace(latitude=9.0)
    log = LOG.replace(line(FIXES[7]), line(wrong))
    result = prove(log, table=FakeTable(ROWS))
    assert (result.source.rejected, result.comparison.compared) == (1, 39)
    assert result.comparison.extra.first == (ROWS[7],)


def test_of_two_rows_with_one_utime_the_first_counts():
    log = LOG + line(FIXES[3]._replace(speed=77.0))
    result = prove(log, table=FakeTable(ROWS))
    assert result.source.rejected == 1
    assert result.comparison.all_there


def rejected(item: GpsFix) -> bytes:
    return line(item._replace(latitude=9.0))


@pytest.mark.parametrize("number", [0, 7, 39])
def test_a_row_that_is_rejected_now_is_found_at_the_edges_too(number: int):
    result = prove(LOG.replace(line(FIXES[number]), rejected(FIXES[number])), table=FakeTable(ROWS))
    assert (result.comparison.equal, result.comparison.extra.count, result.comparison.rejected_present.count) == (
        39,
        1,
        1,
    )
    assert result.comparison.rejected_present.first == (RejectedRow(FIXES[number].utime, number + 1, RowReason.ANGLE),)


@pytest.mark.parametrize("absent", [True, False])
@pytest.mark.parametrize("far", [-(10**14), 10**14])
def test_a_rejected_row_is_found_however_far_it_lies_and_in_a_proof_of_absence(far: int, absent: bool):
    away = fix(0)._replace(utime=fix(0).utime + far)
    table = FakeTable([stored(away)] if absent else [*ROWS, stored(away)])
    comparison = prove(LOG + rejected(away), table=table, absent=absent).comparison
    assert (comparison.rejected_present.count, comparison.extra_unnamed) == (1, 0)
    assert comparison.none_there is absent


def test_a_rejected_row_with_the_utime_of_an_accepted_one_is_no_fault():
    assert prove(LOG + rejected(FIXES[3]), table=FakeTable(ROWS)).comparison.rejected_present.count == 0
    assert prove(rejected(FIXES[3]) + LOG, table=FakeTable(ROWS)).comparison.rejected_present.count == 0


def test_rejected_rows_are_looked_up_even_if_all_are_rejected():
    comparison = prove(b"".join(map(rejected, FIXES)), table=FakeTable(ROWS[5:8])).comparison
    assert (comparison.compared, comparison.rejected_present.count) == (0, 3)


def test_a_sink_that_is_behind_is_waited_for():
    table = FakeTable(ROWS[:30])
    sink = FakeSink(upsert(*FIXES[30:]), apply=table.apply, pace=2)
    assert prove(LOG, table=table, sink=sink).comparison.all_there
    assert table.reads == 1


def test_a_sink_that_has_written_everything_is_waited_for_until_it_commits():
    table = FakeTable(ROWS)
    result = prove(LOG, table=table, sink=FakeSink(upsert(*FIXES), apply=table.apply))
    assert result.comparison.all_there
    assert (result.sink.concerning, table.reads) == (0, 1)


@pytest.mark.parametrize("absent", [True, False])
def test_records_that_wait_for_a_paused_sink_and_can_change_the_verdict_are_counted(absent: bool):
    waiting = upsert(FIXES[2]) if absent else delete(FIXES[2])
    found = prove(
        LOG, table=FakeTable([] if absent else ROWS), absent=absent, sink=FakeSink(waiting * 3, problem=PAUSED)
    )
    assert found.comparison.none_there if absent else found.comparison.all_there
    assert (found.sink.concerning, found.sink.lag) == (3, 3)


@pytest.mark.parametrize(
    ("key", "options", "concerning"),
    [
        (FIXES[0].utime, PRESENT, True),
        (FIXES[0].utime + 1, PRESENT, True),
        (FIXES[0].utime + 1, ProofOptions(allow_extra=True, wait_seconds=0), False),
        (FIXES[0].utime + 1, ProofOptions(absent=True, wait_seconds=0), False),
        (FIXES[0].utime - 1, PRESENT, False),
        (fix(99).utime, PRESENT, True),
        (fix(99).utime, ProofOptions(absent=True, wait_seconds=0), True),
        (fix(99).utime - 1, PRESENT, False),
        ("none", PRESENT, False),
    ],
)
def test_a_waiting_record_matters_only_where_it_can_change_what_was_asked(
    key: int | str, options: ProofOptions, concerning: bool
):
    sink = FakeSink([(str(key).encode(), None)], problem=PAUSED)
    found = prove(LOG + rejected(fix(99)), table=FakeTable(ROWS), options=options, sink=sink)
    assert (found.sink.concerning, found.sink.lag) == (concerning, 1)


def test_a_transactions_marker_that_no_sink_ever_passes_is_no_record():
    result = prove(LOG, table=FakeTable(ROWS), sink=FakeSink(markers=1))
    assert (result.sink.lag, result.sink.concerning) == (2, 0)


def test_records_beyond_the_reading_limit_count_as_concerning(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sluice.proof.shared.wait_for_sink.READ_RECORDS", 4)
    others = delete(*(fix(1000 + number) for number in range(10)))
    assert prove(LOG, table=FakeTable(ROWS), sink=FakeSink(others, problem=PAUSED)).sink.concerning == 6


def test_records_that_come_later_are_counted_and_not_waited_for():
    result = prove(LOG, table=FakeTable(ROWS), sink=FakeSink(more=delete(*FIXES[:3])))
    assert (result.later, result.sink.concerning) == (3, 0)


def test_rows_that_waiting_records_change_are_compared_after_the_change():
    table = FakeTable([*ROWS[:39], ROWS[39]._replace(speed=1.5)])
    assert prove(LOG, table=table, sink=FakeSink(upsert(FIXES[39]), apply=table.apply)).comparison.all_there


def test_a_sink_that_has_failed_is_not_waited_for():
    sink = FakeSink(upsert(*FIXES[30:]), problem=FAILED)
    result = prove(LOG, table=FakeTable(ROWS[:30]), sink=sink, wait_seconds=3600)
    assert (result.comparison.missing.count, result.sink.concerning) == (10, 10)
    assert result.sink.stuck
    assert sink.states < 5


def test_waiting_ends_in_time():
    sink = FakeSink(upsert(*FIXES), pace=0)
    result = prove(LOG, table=FakeTable([]), sink=sink, wait_seconds=0)
    assert (result.comparison.missing.count, result.sink.concerning) == (40, 40)
    assert prove(LOG, table=FakeTable([]), sink=sink, wait_seconds=60).sink.concerning == 40


def test_absence_is_no_row_of_the_source():
    assert prove(LOG, table=FakeTable([stored(fix(99))]), absent=True).comparison.none_there
    comparison = prove(LOG, table=FakeTable(ROWS[:2]), absent=True).comparison
    assert not comparison.none_there
    assert comparison.equal == 2


def test_an_empty_source_does_not_query_the_table():
    table = FakeTable(ROWS)
    result = prove(b"", table=table)
    assert (result.comparison.compared, result.comparison.extra.count, table.reads) == (0, 0, 0)
