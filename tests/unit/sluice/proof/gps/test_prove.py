import random

import pytest

from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason
from sluice.proof.gps.external_sort import RefusedRow
from sluice.proof.shared.outcome import Question
from tests.unit.sluice.proof.fakes import FAILED, PAUSED, FakeSink, FakeTable, delete, find, fix, line, stored, upsert

FIXES = [fix(number) for number in range(40)]
LOG = b"".join(map(line, FIXES))
ROWS = [stored(item) for item in FIXES]
PRESENT = Question(wait_seconds=0)


def test_every_row_there_is_every_row_equal():
    finding = find(LOG, table=FakeTable(ROWS))
    assert finding.comparison.equal == 40
    assert finding.comparison.all_there
    assert finding.source.rows == 40


def test_the_order_of_the_source_does_not_matter():
    lines = [line(item) for item in FIXES]
    random.Random(7).shuffle(lines)
    comparison = find(b"".join(lines), table=FakeTable(ROWS[:11] + ROWS[12:])).comparison
    assert (comparison.equal, comparison.extra.count) == (39, 0)
    assert comparison.missing.first == (FIXES[11],)


def test_rows_of_other_sessions_are_left_aside():
    others = [stored(fix(number)) for number in (-500, -1, 40, 900)]
    comparison = find(LOG, table=FakeTable([*others, *ROWS])).comparison
    assert comparison.all_there
    assert comparison.extra.count == 0


def test_a_row_that_is_rejected_must_not_be_there():
    wrong = fix(7)._replace(latitude=9.0)
    log = LOG.replace(line(FIXES[7]), line(wrong))
    finding = find(log, table=FakeTable(ROWS))
    assert (finding.source.rejected, finding.comparison.compared) == (1, 39)
    assert finding.comparison.extra.first == (ROWS[7],)


def test_of_two_rows_with_one_utime_the_first_counts():
    log = LOG + line(FIXES[3]._replace(speed=77.0))
    finding = find(log, table=FakeTable(ROWS))
    assert finding.source.rejected == 1
    assert finding.comparison.all_there


def refused(item: GpsFix) -> bytes:
    return line(item._replace(latitude=9.0))


@pytest.mark.parametrize("number", [0, 7, 39])
def test_a_row_that_is_refused_now_is_found_at_the_edges_too(number: int):
    finding = find(LOG.replace(line(FIXES[number]), refused(FIXES[number])), table=FakeTable(ROWS))
    assert (finding.comparison.equal, finding.comparison.extra.count, finding.comparison.refused.count) == (39, 1, 1)
    assert finding.comparison.refused.first == (RefusedRow(FIXES[number].utime, number + 1, RowReason.ANGLE),)


@pytest.mark.parametrize("absent", [True, False])
@pytest.mark.parametrize("far", [-(10**14), 10**14])
def test_a_refused_row_is_found_however_far_it_lies_and_in_a_proof_of_absence(far: int, absent: bool):
    away = fix(0)._replace(utime=fix(0).utime + far)
    table = FakeTable([stored(away)] if absent else [*ROWS, stored(away)])
    comparison = find(LOG + refused(away), table=table, absent=absent).comparison
    assert (comparison.refused.count, comparison.others) == (1, 0)
    assert comparison.none_there is absent


def test_a_refused_row_that_another_row_makes_good_is_no_trouble():
    assert find(LOG + refused(FIXES[3]), table=FakeTable(ROWS)).comparison.refused.count == 0
    assert find(refused(FIXES[3]) + LOG, table=FakeTable(ROWS)).comparison.refused.count == 0


def test_of_a_source_whose_rows_are_all_refused_every_one_is_looked_for():
    comparison = find(b"".join(map(refused, FIXES)), table=FakeTable(ROWS[5:8])).comparison
    assert (comparison.compared, comparison.refused.count) == (0, 3)


def test_a_sink_that_is_behind_is_waited_for():
    table = FakeTable(ROWS[:30])
    sink = FakeSink(upsert(*FIXES[30:]), apply=table.apply, pace=2)
    assert find(LOG, table=table, sink=sink).comparison.all_there
    assert table.reads == 1


def test_a_sink_that_has_written_all_is_waited_for_until_it_says_so():
    table = FakeTable(ROWS)
    finding = find(LOG, table=table, sink=FakeSink(upsert(*FIXES), apply=table.apply))
    assert finding.comparison.all_there
    assert (finding.sink.concerning, table.reads) == (0, 1)


@pytest.mark.parametrize("absent", [True, False])
def test_what_waits_behind_a_paused_sink_and_can_change_the_verdict_is_counted(absent: bool):
    waiting = upsert(FIXES[2]) if absent else delete(FIXES[2])
    found = find(LOG, table=FakeTable([] if absent else ROWS), absent=absent, sink=FakeSink(waiting * 3, halt=PAUSED))
    assert found.comparison.none_there if absent else found.comparison.all_there
    assert (found.sink.concerning, found.sink.lag) == (3, 3)


@pytest.mark.parametrize(
    ("key", "question", "concerning"),
    [
        (FIXES[0].utime, PRESENT, True),
        (FIXES[0].utime + 1, PRESENT, True),
        (FIXES[0].utime + 1, Question(allow_extra=True, wait_seconds=0), False),
        (FIXES[0].utime + 1, Question(absent=True, wait_seconds=0), False),
        (FIXES[0].utime - 1, PRESENT, False),
        (fix(99).utime, PRESENT, True),
        (fix(99).utime, Question(absent=True, wait_seconds=0), True),
        (fix(99).utime - 1, PRESENT, False),
        ("none", PRESENT, False),
    ],
)
def test_a_waiting_message_matters_only_where_it_can_change_what_was_asked(
    key: int | str, question: Question, concerning: bool
):
    sink = FakeSink([(str(key).encode(), None)], halt=PAUSED)
    found = find(LOG + refused(fix(99)), table=FakeTable(ROWS), question=question, sink=sink)
    assert (found.sink.concerning, found.sink.lag) == (concerning, 1)


def test_a_transactions_marker_that_no_sink_ever_passes_is_no_message():
    finding = find(LOG, table=FakeTable(ROWS), sink=FakeSink(markers=1))
    assert (finding.sink.lag, finding.sink.concerning) == (2, 0)


def test_messages_that_are_too_many_to_look_at_may_all_matter(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sluice.proof.shared.wait_for_sink.LOOK_MESSAGES", 4)
    others = delete(*(fix(1000 + number) for number in range(10)))
    assert find(LOG, table=FakeTable(ROWS), sink=FakeSink(others, halt=PAUSED)).sink.concerning == 6


def test_messages_that_come_later_are_counted_and_not_waited_for():
    finding = find(LOG, table=FakeTable(ROWS), sink=FakeSink(more=delete(*FIXES[:3])))
    assert (finding.later, finding.sink.concerning) == (3, 0)


def test_rows_that_are_about_to_change_are_compared_when_they_have():
    table = FakeTable([*ROWS[:39], ROWS[39]._replace(speed=1.5)])
    assert find(LOG, table=table, sink=FakeSink(upsert(FIXES[39]), apply=table.apply)).comparison.all_there


def test_a_sink_that_has_failed_is_not_waited_for():
    sink = FakeSink(upsert(*FIXES[30:]), halt=FAILED)
    finding = find(LOG, table=FakeTable(ROWS[:30]), sink=sink, wait_seconds=3600)
    assert (finding.comparison.missing.count, finding.sink.concerning) == (10, 10)
    assert finding.sink.stuck
    assert sink.asked < 5


def test_waiting_ends_in_time():
    sink = FakeSink(upsert(*FIXES), pace=0)
    finding = find(LOG, table=FakeTable([]), sink=sink, wait_seconds=0)
    assert (finding.comparison.missing.count, finding.sink.concerning) == (40, 40)
    assert find(LOG, table=FakeTable([]), sink=sink, wait_seconds=60).sink.concerning == 40


def test_absence_is_no_row_of_the_source():
    assert find(LOG, table=FakeTable([stored(fix(99))]), absent=True).comparison.none_there
    comparison = find(LOG, table=FakeTable(ROWS[:2]), absent=True).comparison
    assert not comparison.none_there
    assert comparison.equal == 2


def test_an_empty_source_asks_the_table_for_nothing():
    table = FakeTable(ROWS)
    finding = find(b"", table=table)
    assert (finding.comparison.compared, finding.comparison.extra.count, table.reads) == (0, 0, 0)
