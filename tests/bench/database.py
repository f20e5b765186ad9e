"""Benchmark from CSV file to database, against LOAD DATA INFILE."""

import time
from pathlib import Path

from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.drain_backlog import Progress
from tests.bench.measurement import Measurement, side_by_side
from tests.run_sluice import wait_for

ROWS = 1_000_000
_TABLE = "bench_fixes"


def csv_to_database(bench: BenchPipeline) -> Measurement:
    """Measure from the first byte read to a query that finds all rows."""
    source = bench.sample(ROWS)
    bench.execute(f"CREATE TABLE IF NOT EXISTS myDB.{_TABLE} LIKE myDB.gps_fixes")
    return side_by_side(
        lambda: _pipeline(bench, source),
        lambda: _load_data(bench, source),
        name="csv_to_database",
        unit="rows/s",
        goal="at least 0.45",
        what="LOAD DATA LOCAL INFILE on the same server",
    )


def _pipeline(bench: BenchPipeline, source: Path) -> float:
    bench.execute("TRUNCATE TABLE myDB.gps_fixes")
    with Progress(bench) as progress:
        begun = time.perf_counter()
        bench.load(source)
        wait_for(lambda: progress.rows() >= ROWS, seconds=300)
    return ROWS / (_all_visible(bench) - begun)


def _all_visible(bench: BenchPipeline) -> float:
    """Return when the first query began that found all rows; the query itself, a scan, is not counted."""
    while True:
        asked = time.perf_counter()
        if bench.rows() == ROWS:
            return asked


def _load_data(bench: BenchPipeline, source: Path) -> float:
    bench.execute(f"TRUNCATE TABLE myDB.{_TABLE}")
    begun = time.perf_counter()
    bench.execute(
        f"""LOAD DATA LOCAL INFILE '{source}' INTO TABLE myDB.{_TABLE} FIELDS TERMINATED BY ','
            (utime, fix_mode, satellites, latitude, longitude, @altitude, @track, @speed)
            SET recorded_at = '1970-01-01' + INTERVAL utime MICROSECOND, altitude = NULLIF(@altitude, 'nan'),
                track = NULLIF(@track, 'nan'), speed = NULLIF(@speed, 'nan')"""
    )
    seconds = time.perf_counter() - begun
    assert bench.rows(_TABLE) == ROWS
    return ROWS / seconds
