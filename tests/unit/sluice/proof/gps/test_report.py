import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from producer.gps.parse_row import GpsFix
from sluice.proof.gps.json_result import to_json
from sluice.proof.gps.prove import RowProofResult
from sluice.proof.gps.report import render
from sluice.proof.gps.verdict import judge_rows
from sluice.proof.shared.pipeline_versions import PipelineVersions
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_report import ProofReport
from sluice.view.connector_status import ConnectorStatus, TaskStatus
from tests.unit.sluice.proof.gps.fake_table import FakeTable, delete, fix, line, prove, stored
from tests.unit.sluice.proof.shared.fake_sink import FAILED, FakeSink
from tests.unit.sluice.proof.shared.parsed_page import Page, words

FIXES = [fix(number) for number in range(300)]
LOG = b"".join(map(line, FIXES))
ROWS = [stored(item) for item in FIXES]
TASKS = tuple(TaskStatus(number=n, state="RUNNING", worker="w:8083", error=None) for n in range(4))
SINK = ConnectorStatus(
    name="mysql-sink",
    kind="sink",
    class_name="sluice.mysql.MySqlSinkConnector",
    version="3.6.0.Final",
    state="RUNNING",
    worker="w:8083",
    error=None,
    tasks=TASKS,
)


def proof(result: RowProofResult, *, absent: bool = False) -> ProofReport[RowProofResult]:
    options = ProofOptions(absent=absent, wait_seconds=60)
    verdict = judge_rows(options=options, result=result, dead_letters=0)
    return ProofReport(
        options=options,
        verdict=verdict,
        result=result,
        pipeline=PipelineVersions(
            versions=(("Database", "MariaDB 11.4.5"), ("Kafka Connect", "4.3.1")), connectors=(SINK,), dead_letters=0
        ),
        made_at=datetime(2026, 11, 22, 15, 0, 7, tzinfo=UTC),
        seconds=1.25,
        command="sluice proof gps.csv",
    )


def page(result: RowProofResult) -> Page:
    return Page(render(proof(result)))


def test_the_report_has_the_source_the_table_and_the_verdict():
    report = page(prove(LOG, table=FakeTable(ROWS)))
    text = words(report.text)
    assert "All 300 rows of the source are in myDB.gps_fixes, every field equal." in text
    assert "MariaDB 11.4.5" in text
    assert "sluice.mysql.MySqlSinkConnector 3.6.0.Final" in text
    assert "4 RUNNING" in text
    assert "Made 2026-11-22 15:00:07 UTC in 1.2 s by sluice proof gps.csv" in text
    assert "2012-11-16 21:01:18.298235 UTC" in text
    assert re.search(r"Compared 300 .* Equal 300 .* Missing 0 .* Different 0 .* Extra 0 ", text)


def test_the_verdict_comes_first():
    text = words(page(prove(LOG, table=FakeTable(ROWS[:9]))).text)
    assert "✗ Not proven 291 rows of 300 are missing." in text
    assert text.index("291 rows of 300 are missing") < text.index("SHA-256")


@pytest.mark.parametrize("rows", [300, 9])
def test_the_report_is_self_contained(rows: int):
    html = render(proof(prove(LOG, table=FakeTable(ROWS[:rows]))))
    report = Page(html)
    assert all(link.startswith("#") for link in report.links)
    assert not re.search(r"@import|url\((?!#)", html)
    assert not re.search(r"https?://(?!www\.w3\.org/)", html)
    assert report.tags["script"] == report.tags["link"] == report.tags["iframe"] == 0


def test_figures_have_a_title_and_a_description_and_share_no_id():
    report = page(prove(LOG, table=FakeTable(ROWS)))
    assert report.tags["svg"] == 2
    assert {"map-t", "map-d", "charts-t", "charts-d"} <= set(report.ids)
    assert max(report.ids.values()) == 1
    assert all(link[1:] in report.ids for link in report.links)


def test_missing_different_and_extra_rows_are_listed():
    different = ROWS[5]._replace(speed=None, recorded_at=ROWS[5].utime + 1)
    extra = ROWS[7]._replace(utime=ROWS[7].utime + 3)
    table = FakeTable([*ROWS[:3], *ROWS[4:5], different, *ROWS[6:], extra])
    text = words(page(prove(LOG, table=table)).text)
    assert "Missing rows utime, µs Time, UTC" in text
    assert str(FIXES[3].utime) in text
    assert f"speed {FIXES[5].speed!r} null" in text
    assert "recorded_at 2012-11-16 21:01:19.298235 2012-11-16 21:01:19.298236" in text
    assert str(extra.utime) in text


def test_a_long_list_is_cut_and_says_so():
    text = words(page(prove(LOG, table=FakeTable([]), limit=4)).text)
    assert "The first 4 of 300, by utime." in text
    assert str(FIXES[3].utime) in text
    assert str(FIXES[4].utime) not in text


def test_html_in_the_source_is_shown_as_text():
    log = LOG + b"<script>alert(1)</script>,&amp;\n" + b"\xff\xfe,1\n" + b"x" * 300 + b"\n"
    report = page(prove(log, table=FakeTable(ROWS)))
    assert report.tags["script"] == 0
    assert "<script>alert(1)</script>,&amp;" in report.text
    assert "\\xff\\xfe,1" in report.text
    assert "x" * 160 + " …" in report.text


def test_rejected_rows_that_are_there_are_listed_with_line_and_reason():
    log = LOG.replace(line(FIXES[299]), line(FIXES[299]._replace(latitude=9.0)))
    result = prove(log, table=FakeTable(ROWS), sink=FakeSink(more=delete(fix(1))))
    text = words(page(result).text)
    assert "1 rejected row of the source is in the table." in text
    assert "Rejected, but present 1 " in text
    assert re.search(rf"Rejected rows that are in the table .* {FIXES[299].utime} 2012-.* 300 latitude is beyond", text)
    assert "1 record came to the topic after the source had been read" in text
    found = to_json(proof(result), report=Path("proof.html"))
    assert (found["extra"], found["refused_there"], found["sink"]["later"]) == (1, 1, 1)
    assert found["listed"]["refused_there"] == [{"utime": FIXES[299].utime, "line": 300, "reason": "angle"}]


def test_a_sink_that_failed_is_named():
    text = words(page(prove(LOG, table=FakeTable([]), sink=FakeSink(delete(*FIXES[:5]), problem=FAILED))).text)
    assert "task 0 of mysql-sink has FAILED: java.lang.IllegalStateException: no." in text
    assert "Sink has a problem, 5 records not yet committed, 5 of them can change this" in text


NOWHERE = [item._replace(latitude=None) for item in FIXES]
FLAT = [item._replace(altitude=None) for item in FIXES]
STILL = [item._replace(longitude=-1.46, speed=0.0) for item in FIXES]
WIDEST = [
    fix(0)._replace(latitude=-1.5707963267948966, altitude=-1.7e308),
    fix(1)._replace(longitude=3.14, speed=1.7e308),
]


@pytest.mark.parametrize(
    ("fixes", "svgs"),
    [([], 0), (FIXES[:1], 2), (FIXES[:2], 2), (NOWHERE, 1), (FLAT, 2), (STILL, 2), (WIDEST, 2)],
    ids=["empty", "one row", "two rows", "no position", "no altitude", "standing still", "widest numbers"],
)
def test_a_report_on_any_log_is_rendered(fixes: list[GpsFix], svgs: int):
    report = page(prove(b"".join(map(line, fixes)), table=FakeTable([stored(item) for item in fixes])))
    assert report.tags["svg"] == svgs


def test_a_report_on_rejects_alone_is_rendered():
    report = page(prove(b"1.37E+15,3,0,0.7,-1.4,264.4,11.3,0.005\n", table=FakeTable([])))
    assert "Nothing was compared" in report.text
    assert "a spreadsheet has rounded utime" in report.text


def test_a_report_of_absence_says_so():
    result = prove(LOG, table=FakeTable([]), absent=True)
    text = words(Page(render(proof(result, absent=True))).text)
    assert "✓ Proven: absence None of the 300 rows of the source is in myDB.gps_fixes." in text
