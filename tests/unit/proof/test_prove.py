import random

from tests.unit.proof.fakes import BEHIND, CAUGHT_UP, FAILED, FakeSink, FakeTable, find, fix, line, stored

FIXES = [fix(number) for number in range(40)]
LOG = b"".join(map(line, FIXES))
ROWS = [stored(item) for item in FIXES]


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


def test_a_sink_that_is_behind_is_waited_for():
    table = FakeTable(ROWS[:30])
    sink = FakeSink([BEHIND, BEHIND, CAUGHT_UP], table=table, late=ROWS[30:])
    assert find(LOG, table=table, sink=sink).comparison.all_there
    assert table.reads == 1


def test_all_rows_there_is_proof_enough_whatever_the_lag():
    table, sink = FakeTable(ROWS), FakeSink([BEHIND])
    finding = find(LOG, table=table, sink=sink, wait_seconds=30)
    assert finding.comparison.all_there
    assert (finding.sink.lag, table.reads) == (5, 1)


def test_rows_that_are_about_to_change_are_compared_again():
    table = FakeTable([*ROWS[:39], ROWS[39]._replace(speed=1.5)])
    sink = FakeSink([BEHIND, BEHIND, CAUGHT_UP])

    class Changing(FakeTable):
        def rows(self, first: int, last: int):
            content = self.content if self.reads == 0 else ROWS
            self.reads += 1
            return iter(content)

    changing = Changing(table.content)
    assert find(LOG, table=changing, sink=sink).comparison.all_there
    assert changing.reads == 2


def test_a_sink_that_has_failed_is_not_waited_for():
    sink = FakeSink([FAILED])
    finding = find(LOG, table=FakeTable(ROWS[:30]), sink=sink, wait_seconds=3600)
    assert finding.comparison.missing.count == 10
    assert finding.sink.stuck


def test_waiting_ends_in_time():
    finding = find(LOG, table=FakeTable([]), sink=FakeSink([BEHIND]), wait_seconds=0)
    assert finding.comparison.missing.count == 40
    assert finding.sink.lag == 5


def test_absence_is_no_row_of_the_source():
    assert find(LOG, table=FakeTable([stored(fix(99))]), absent=True).comparison.none_there
    comparison = find(LOG, table=FakeTable(ROWS[:2]), absent=True).comparison
    assert not comparison.none_there
    assert comparison.equal == 2


def test_an_empty_source_asks_the_table_for_nothing():
    table = FakeTable(ROWS)
    finding = find(b"", table=table)
    assert (finding.comparison.compared, finding.comparison.extra.count, table.reads) == (0, 0, 0)
