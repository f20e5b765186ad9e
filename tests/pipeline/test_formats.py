"""A log in each format: every row arrives, is proven and shown alike, and each key stays in one partition."""

import json
from pathlib import Path
from typing import Any

import pytest

from producer.gps.parse_columns import parse_columns
from producer.gps.partition import BLOCK_BITS, block_partitions
from producer.gps.row_formats import FORMATS
from producer.runtime.exit_status import Exit
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import Sluice

START = TimeRange.FORMATS.value
STEP = 1 << (BLOCK_BITS - 1)
"""Two rows to a block."""
KEYS = [START + number * STEP + number for number in range(12)]
FIELDS = [
    "3,0,0.738168596822093,-1.46098603965911,264,11.3,0.005",
    "2,9,0.7381,-1.461,nan,nan,nan",
    "0,0,0,-0.0,1e300,-5,0",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "gps.csv"
    path.write_text("".join(f"{key},{FIELDS[number % 3]}\n" for number, key in enumerate(KEYS)), encoding="utf-8")
    return path


def partitions(log: Path) -> list[int]:
    columns = parse_columns(log.read_bytes(), lines=len(KEYS))
    assert columns is not None
    return block_partitions(columns.utime, 4).tolist()


def shown(sluice: Sluice, key: int) -> list[dict[str, Any]]:
    done = sluice("messages", "gps-fixes", "--key", str(key), "--json")
    assert done.returncode == Exit.OK, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_rows_of_every_format_are_shown_alike_in_the_partition_of_their_time(log: Path, sluice: Sluice) -> None:
    for name in FORMATS:
        done = sluice("load", "gps", str(log), "--format", name, "--json", cwd=log.parent)
        assert done.returncode == Exit.OK, done.stderr
        report = json.loads(done.stdout)
        assert (report["format"], report["acknowledged"], report["rows"]) == (name, len(KEYS), len(KEYS))
    assert sluice("load", "gps", str(log), "--tombstones", "--format", "json", cwd=log.parent).returncode == Exit.OK
    expected = partitions(log)
    assert len(set(expected)) == 4
    for key, partition in zip(KEYS[:3], expected, strict=False):
        *rows, tombstone = shown(sluice, key)
        values = [{**row["value"], "recorded_at": row["value"]["recorded_at"].rstrip("Z")} for row in rows]
        assert len(values) == len(FORMATS)
        assert all(repr(value) == repr(values[0]) for value in values)
        assert tombstone["value"] is None
        assert {record["partition"] for record in (*rows, tombstone)} == {partition}


@pytest.mark.parametrize("name", FORMATS)
def test_a_log_in_any_format_is_proven(name: str, log: Path, sluice: Sluice, tmp_path: Path) -> None:
    good = log.with_name("good.csv")
    good.write_text("".join(line for line in log.read_text().splitlines(keepends=True) if "1e300" not in line))
    assert sluice("load", "gps", str(good), "--format", name, cwd=tmp_path).returncode == Exit.OK
    proven = sluice("proof", str(good), "-o", str(tmp_path / "proof.html"))
    assert proven.returncode == Exit.OK, proven.stdout + proven.stderr
    assert sluice("load", "gps", str(good), "--tombstones", cwd=tmp_path).returncode == Exit.OK
