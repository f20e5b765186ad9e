import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

from producer.gps.load_report import GpsLoadReport
from producer.gps.reject_reasons import RowReason
from producer.runtime.exit_status import Exit

REPORT = GpsLoadReport(
    source="gps.csv",
    format="avro",
    rows=1_010,
    lines=1_012,
    acknowledged=1_000,
    rejected=Counter({RowReason.DUPLICATE: 3, RowReason.COLUMNS: 2}),
    failed=5,
    tombstones=False,
    seconds=2.0,
    rejects_file=Path("gps.rejects.csv"),
    status=Exit.INCOMPLETE,
    problem="the broker is away",
)


def test_the_json_report_has_every_count() -> None:
    assert json.loads(json.dumps(REPORT.as_json())) == {
        "source": "gps.csv",
        "format": "avro",
        "rows": 1_010,
        "lines": 1_012,
        "acknowledged": 1_000,
        "rejected": {"columns": 2, "duplicate": 3},
        "failed": 5,
        "tombstones": False,
        "seconds": 2.0,
        "rows_per_second": 500,
        "complete": False,
        "problem": "the broker is away",
        "rejects_file": "gps.rejects.csv",
    }


def test_the_text_report_has_loaded_and_rejected_rows() -> None:
    assert REPORT.as_lines() == [
        "gps.csv: 1,000 of 1,010 rows loaded as avro in 2.0 s, 500 rows a second",
        "5 rows rejected; they are in gps.rejects.csv:",
        "          2  the row does not have 8 columns",
        "          3  an earlier row of this file has the same utime",
        "5 rows not acknowledged",
    ]


def test_the_text_report_of_a_complete_load_is_one_line() -> None:
    report = replace(REPORT, rejected=Counter(), failed=0, problem=None, tombstones=True, acknowledged=1_010)
    assert report.as_lines() == ["gps.csv: 1,010 of 1,010 rows deleted in 2.0 s, 505 rows a second"]
    assert report.complete
