from hashlib import sha256
from io import BytesIO

from producer.gps.reject_reasons import RowReason
from sluice.proof.gps.external_sort import SortedFixes, SortedRejects
from sluice.proof.gps.source_rows import RowsSummary, read_rows
from tests.unit.sluice.proof.gps.fake_table import fix, line


def summary(log: bytes, *, limit: int = 20) -> RowsSummary:
    with SortedFixes(run_rows=3) as fixes, SortedRejects(run_rows=3) as rejects:
        return read_rows(
            BytesIO(log), name="gps.csv", fixes=fixes, rejects=rejects, limit=limit, progress=lambda _: None
        )


def test_the_whole_source_is_hashed_and_counted():
    log = b"".join(line(fix(number)) for number in range(5)) + line(fix(2)) + b"one,two\n"
    source = summary(log)
    assert (source.bytes_read, source.sha256) == (len(log), sha256(log).hexdigest())
    assert (source.rows, source.accepted, source.rejected) == (7, 5, 2)
    assert source.reasons == {RowReason.DUPLICATE: 1, RowReason.COLUMNS: 1}
    assert [reject.line_number for reject in source.rejects] == [6, 7]
    assert (source.first_utime, source.last_utime) == (fix(0).utime, fix(4).utime)
    assert source.fix_modes == {2: 2, 3: 3}
    assert source.nulls == {"latitude": 0, "longitude": 0, "altitude": 2, "track": 0, "speed": 0}


def test_rejects_are_all_counted_and_only_so_many_listed():
    source = summary(line(fix(0)) + b"x,y\n" * 50, limit=3)
    assert source.rejected == 50
    assert len(source.rejects) == 3
    assert source.rows == 51


def test_a_source_without_a_fix_has_no_span():
    source = summary(line(fix(0)).replace(b"0.7381", b"9.0"))
    assert (source.first_utime, source.last_utime, source.accepted) == (None, None, 0)


def test_an_unsorted_source_is_not_in_order_and_its_span_is_right():
    source = summary(line(fix(3)) + line(fix(1)) + line(fix(2)))
    assert not source.in_order
    assert (source.first_utime, source.last_utime) == (fix(1).utime, fix(3).utime)
    assert summary(line(fix(1)) + line(fix(2))).in_order
