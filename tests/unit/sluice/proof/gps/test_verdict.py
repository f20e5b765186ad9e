import pytest

from sluice.proof.gps.prove import RowProofResult
from sluice.proof.gps.verdict import judge_rows
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_verdict import Outcome, Verdict
from tests.unit.sluice.proof.gps.fake_table import FakeTable, delete, fix, line, prove, stored, upsert
from tests.unit.sluice.proof.shared.fake_sink import FAILED, PAUSED, FakeSink

FIXES = [fix(number) for number in range(5)]
LOG = b"".join(map(line, FIXES))
ROWS = [stored(item) for item in FIXES]
EXTRA = ROWS[1]._replace(utime=ROWS[1].utime + 1)


def verdict(
    result: RowProofResult, *, absent: bool = False, allow_extra: bool = False, dead_letters: int = 0
) -> Verdict:
    options = ProofOptions(absent=absent, allow_extra=allow_extra, wait_seconds=60)
    return judge_rows(options=options, result=result, dead_letters=dead_letters)


def test_a_source_whose_rows_are_all_there_is_proven():
    found = verdict(prove(LOG, table=FakeTable(ROWS)), dead_letters=3)
    assert found.ok
    assert found.headline == "All 5 rows of the source are in myDB.gps_fixes, every field equal."
    assert found.reasons == ()


def test_rejected_rows_are_noted_but_do_not_prevent_a_proof():
    found = verdict(prove(LOG + b"nonsense\n", table=FakeTable(ROWS)))
    assert found.ok
    assert "1 row of the source is rejected" in found.reasons[0]


def test_nothing_to_compare_proves_nothing():
    for absent in (False, True):
        found = verdict(prove(b"", table=FakeTable([]), absent=absent), absent=absent)
        assert found.outcome is Outcome.NOTHING_COMPARED
        assert not found.ok


def test_the_headline_counts_missing_different_and_extra_rows():
    table = FakeTable([ROWS[0]._replace(fix_mode=0), EXTRA, *ROWS[1:3]])
    found = verdict(prove(LOG, table=table))
    assert found.outcome is Outcome.DIFFERENT
    assert found.headline == "2 rows of 5 are missing; 1 row differs; 1 row is in the table but not in the source."


def test_extra_rows_fail_a_proof_unless_they_are_allowed():
    result = prove(LOG, table=FakeTable([*ROWS, EXTRA]))
    assert verdict(result).outcome is Outcome.DIFFERENT
    assert verdict(result).headline == "1 row is in the table but not in the source."
    assert "--allow-extra" in verdict(result).reasons[0]
    assert verdict(result, allow_extra=True).ok


REJECTED = LOG.replace(line(FIXES[4]), line(FIXES[4]._replace(latitude=9.0)))


def test_a_rejected_row_that_is_there_fails_a_proof_with_its_line_and_reason():
    found = verdict(prove(REJECTED, table=FakeTable(ROWS)))
    assert found.outcome is Outcome.DIFFERENT
    assert found.headline == "1 rejected row of the source is in the table."
    assert "such as line 5: latitude is beyond" in found.reasons[0]


def test_allow_extra_covers_rows_of_other_sources_but_not_rejected_rows():
    found = verdict(prove(REJECTED, table=FakeTable([*ROWS, EXTRA])), allow_extra=True)
    assert found.headline == "1 rejected row of the source is in the table."
    assert "--allow-extra does not cover them" in found.reasons[0]


def test_rejected_rows_in_the_table_fail_a_proof_of_absence_too():
    found = verdict(prove(REJECTED, table=FakeTable(ROWS[3:]), absent=True), absent=True)
    assert found.headline == ("1 row of 4 is still in myDB.gps_fixes; 1 rejected row of the source is in the table.")
    alone = verdict(prove(REJECTED, table=FakeTable(ROWS[4:]), absent=True), absent=True)
    assert (alone.outcome, alone.ok) == (Outcome.DIFFERENT, False)


@pytest.mark.parametrize("absent", [True, False])
def test_rejected_rows_in_the_table_count_even_if_every_row_is_rejected(absent: bool):
    log = line(FIXES[0]._replace(latitude=9.0))
    assert verdict(prove(log, table=FakeTable([]), absent=absent), absent=absent).outcome is Outcome.NOTHING_COMPARED
    found = verdict(prove(log, table=FakeTable(ROWS), absent=absent), absent=absent)
    assert (found.outcome, found.headline) == (Outcome.DIFFERENT, "1 rejected row of the source is in the table.")


def test_a_sink_with_lag_has_not_caught_up():
    found = verdict(prove(LOG, table=FakeTable([]), sink=FakeSink(upsert(*FIXES), pace=0), wait_seconds=0))
    assert found.outcome is Outcome.NOT_CAUGHT_UP
    assert "5 records that can change this were waiting for the sink after 60 s" in found.reasons[0]


def test_a_sink_that_has_failed_says_why():
    found = verdict(prove(LOG, table=FakeTable([]), sink=FakeSink(upsert(*FIXES), problem=FAILED)))
    assert found.outcome is Outcome.SINK_FAILED
    assert found.reasons[0] == "task 0 of mysql-sink has FAILED: java.lang.IllegalStateException: no."
    assert "start the connector again (`sluice up` does for the local pipeline)" in found.reasons[2]


def test_a_sink_that_failed_after_writing_everything_does_not_prevent_a_proof():
    assert verdict(prove(LOG, table=FakeTable(ROWS), sink=FakeSink(done=upsert(*FIXES), problem=FAILED))).ok
    found = verdict(prove(LOG, table=FakeTable(ROWS), sink=FakeSink(delete(fix(77)), problem=FAILED)))
    assert found.ok
    assert found.reasons == ("1 record waits for the sink that cannot change this: none is of these rows.",)


@pytest.mark.parametrize(("halt", "outcome"), [(PAUSED, Outcome.SINK_FAILED), (None, Outcome.NOT_CAUGHT_UP)])
def test_waiting_records_that_could_change_it_prevent_a_proof(halt: str | None, outcome: Outcome):
    sink = FakeSink(delete(*FIXES), problem=halt, pace=0)
    found = verdict(prove(LOG, table=FakeTable(ROWS), sink=sink, wait_seconds=0))
    assert found.outcome is outcome
    assert found.headline == (
        "All 5 rows of the source are in myDB.gps_fixes, every field equal now, but 5 records that can change this are"
        " waiting for the sink."
    )


def test_extra_rows_with_a_waiting_deletion_are_not_caught_up():
    sink = FakeSink([(b"%d" % EXTRA.utime, None)], pace=0)
    found = verdict(prove(LOG, table=FakeTable([*ROWS, EXTRA]), sink=sink, wait_seconds=0))
    assert found.outcome is Outcome.NOT_CAUGHT_UP


def test_missing_rows_mention_the_dead_letters():
    found = verdict(prove(LOG, table=FakeTable(ROWS[:4])), dead_letters=1)
    assert found.outcome is Outcome.DIFFERENT
    assert "so waiting does not help" in found.reasons[0]
    assert any("sluice dlq --connector mysql-sink" in reason for reason in found.reasons)


@pytest.mark.parametrize(("left", "ok"), [(0, True), (2, False)])
def test_absence_is_proven_only_if_no_row_is_there(left: int, ok: bool):
    found = verdict(prove(LOG, table=FakeTable(ROWS[:left]), absent=True), absent=True)
    assert found.ok is ok
    said = "None of the 5 rows" if ok else "2 rows of 5 are still in myDB.gps_fixes."
    assert said in found.headline
