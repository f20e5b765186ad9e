import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producer.gps import encode_row
from producer.gps.check_rows import read_fixes
from producer.gps.load import GpsLoad
from producer.gps.load_report import GpsLoadReport
from producer.gps.open_log import open_log
from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason
from producer.gps.row_formats import make_encoder
from producer.kafka.delivery import Delivery
from producer.runtime.exit_status import Exit
from producer.sample import write_sample
from producer.shared.base_load import LoadOptions
from producer.shared.interrupts import StopLoadError
from producer.shared.rejects_file import RejectFile
from tests.unit.producer.conftest import Broker

HEADER = encode_row.encode_header(1)
ENCODER = make_encoder("avro", schema_id=1)
ROWS = 3_000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "gps.csv"
    write_sample(path, rows=ROWS)
    return path


def load(
    source: Path | str,
    broker: Broker,
    topic: str,
    *,
    patience: float = 20,
    tick: Callable[[], None] = lambda: None,
    **options: Any,
) -> GpsLoadReport:
    rejects = Path(str(source) + ".rejects.csv")
    with (
        open_log(str(source), env={}) as opened,
        RejectFile(rejects) as file,
        Delivery(broker.settings, topic=topic, patience=patience) as delivery,
    ):
        delivery.connect()
        return GpsLoad(
            opened, delivery=delivery, encoder=ENCODER, rejects=file, options=LoadOptions(**options), tick=tick
        ).run()


def adds_up(report: GpsLoadReport) -> bool:
    return report.rows == report.acknowledged + report.rejected.total() + report.failed


def expected(log: Path) -> list[tuple[bytes, bytes | None]]:
    with log.open("rb") as file:
        fixes = [row for row in read_fixes(file) if isinstance(row, GpsFix)]
    return sorted((encode_row.encode_key(fix), encode_row.encode_value(fix, header=HEADER)) for fix in fixes)


def test_a_log_arrives_row_for_row(log: Path, broker: Broker) -> None:
    report = load(log, broker, "whole")
    assert (report.status, report.complete, report.problem) == (Exit.OK, True, None)
    assert (report.rows, report.acknowledged, report.lines) == (ROWS, ROWS, ROWS)
    assert sorted(broker.records("whole"), key=lambda pair: pair[0]) == expected(log)


def test_tombstones_have_the_keys_of_the_rows_and_no_value(log: Path, broker: Broker) -> None:
    report = load(log, broker, "tombstones", tombstones=True)
    assert (report.acknowledged, report.tombstones) == (ROWS, True)
    assert sorted(broker.records("tombstones")) == [(key, None) for key, _ in expected(log)]


def test_rejected_rows_are_counted_and_the_others_loaded(log: Path, broker: Broker) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    lines[100:100] = [b"1.37E+15,3,0,0,0,0,0,0\n", b"\n", b"\xff\n", lines[99], b"x" * 9_000 + b"\n"]
    log.write_bytes(b"utime,mode,sats,lat,lon,alt,track,speed\n" + b"".join(lines))
    report = load(log, broker, "rejects")
    assert report.status is Exit.REJECTED
    assert report.complete
    assert report.rejected == {
        RowReason.UTIME_SPREADSHEET: 1,
        RowReason.NOT_UTF8: 1,
        RowReason.DUPLICATE: 1,
        RowReason.TOO_LONG: 1,
    }
    assert (report.rows, report.acknowledged, report.lines) == (ROWS + 4, ROWS, ROWS + 6)
    assert report.rejects_file is not None
    assert [line.split(",")[0] for line in report.rejects_file.read_text().splitlines()] == [
        "line",
        "102",
        "104",
        "105",
        "106",
    ]


def test_some_rejects_may_be_allowed(log: Path, broker: Broker) -> None:
    log.write_bytes(b"1,2\n3,4\n" + log.read_bytes())
    assert load(log, broker, "allowed", max_rejects=2).status is Exit.OK


def test_a_load_stops_once_there_are_too_many_rejects(log: Path, broker: Broker) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    lines[1_000:1_000] = [b"1,2\n"]
    lines[2_000:2_000] = [b"3,4\n"]
    log.write_bytes(b"".join(lines))
    report = load(log, broker, "too-many", max_rejects=1)
    assert (report.status, report.complete) == (Exit.REJECTED, False)
    assert "more than 1 rows were rejected" in (report.problem or "")
    assert (report.acknowledged, report.rejected.total(), report.lines) == (1_999, 2, 2_001)
    assert adds_up(report)


def test_a_cut_source_loads_what_came_and_says_how_far(log: Path, broker: Broker) -> None:
    packed = gzip.compress(log.read_bytes())
    cut = log.with_suffix(".csv.gz")
    cut.write_bytes(packed[: len(packed) * 2 // 3])
    report = load(cut, broker, "cut")
    assert report.status is Exit.INCOMPLETE
    assert 0 < report.acknowledged < ROWS
    assert f"{report.acknowledged:,} lines in all" in (report.problem or "")
    assert f"({cut.stat().st_size:,} bytes were read)" in (report.problem or "")
    assert "The source itself is cut or damaged, and loading it again does not help" in (report.problem or "")
    assert adds_up(report)
    assert set(broker.records("cut")) <= set(expected(log))

    cut.write_bytes(packed)
    assert load(cut, broker, "cut").status is Exit.OK
    assert sorted(set(broker.records("cut")), key=lambda pair: pair[0]) == expected(log)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n \n", "has no row: there are only blank lines"),
        ("# nothing\n", "has no row: there are only blank lines or comments"),
        ("utime,mode,sats,lat,lon,alt,track,speed\n", "has no row: it ends after the names of the columns"),
    ],
)
def test_a_source_without_rows_is_a_failure(tmp_path: Path, broker: Broker, text: str, says: str) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(text)
    report = load(empty, broker, "empty")
    assert (report.status, report.rows, report.rows_per_second, report.complete) == (Exit.FAILED, 0, 0, False)
    assert says in (report.problem or "")


def test_columns_are_loaded_by_their_names(tmp_path: Path, broker: Broker) -> None:
    log = tmp_path / "swapped.csv"
    order = (3, 4, 0, 1, 2, 7, 6, 5)
    names = ("utime", "mode", "sats", "lat", "lon", "alt", "track", "speed")
    fields = [("1353099678298235", "3", "0", "0.7", "-1.4", "264.4", "11.3", "0.005")]
    log.write_text("\n".join(",".join(line[place] for place in order) for line in [names, *fields]))
    assert load(log, broker, "swapped").acknowledged == 1
    plain = tmp_path / "plain.csv"
    plain.write_text(",".join(fields[0]))
    assert load(plain, broker, "plain").acknowledged == 1
    assert broker.records("swapped") == broker.records("plain")


def test_a_header_that_does_not_fit_loads_nothing(tmp_path: Path, broker: Broker) -> None:
    log = tmp_path / "degrees.csv"
    log.write_text("utime,mode,sats,lat_deg,lon,alt,track,speed\n1353099678298235,3,0,0.7,-1.4,264.4,11.3,0.005\n")
    report = load(log, broker, "degrees")
    assert (report.status, report.rows, report.acknowledged) == (Exit.USAGE, 0, 0)
    assert "degrees.csv, line 1 names columns that do not fit" in (report.problem or "")


def test_another_order_in_the_middle_ends_the_load_and_counts_what_came_before(tmp_path: Path, broker: Broker) -> None:
    log = tmp_path / "two.csv"
    row = "13530996782982{:02},3,0,0.7,-1.4,264.4,11.3,0.005\n"
    header = "utime,mode,sats,lon,lat,alt,track,speed\n"
    log.write_text("".join([*map(row.format, range(10, 30)), header, *map(row.format, range(30, 50))]))
    report = load(log, broker, "two")
    assert (report.status, report.rows, report.acknowledged) == (Exit.USAGE, 20, 20)
    assert "line 21 names the columns again" in (report.problem or "")


def test_a_broker_that_goes_away_for_good_ends_the_load(log: Path, mortal_broker: Broker) -> None:
    def tick() -> None:
        mortal_broker.vanish()

    report = load(log, mortal_broker, "away", patience=1, tick=tick)
    assert (report.status, report.complete, report.failed, report.acknowledged) == (Exit.INCOMPLETE, False, ROWS, 0)
    assert "0 rows were acknowledged, 3,000 were not" in (report.problem or "")
    assert "Connection refused" in (report.problem or "")


def test_a_stopped_load_waits_for_the_records_sent(tmp_path: Path, broker: Broker) -> None:
    log = tmp_path / "long.csv"
    write_sample(log, rows=40_000)
    ticks = iter(range(3))

    def tick() -> None:
        if next(ticks, None) == 2:
            raise StopLoadError

    report = load(log, broker, "stop", tick=tick)
    assert (report.status, report.complete, report.failed) == (Exit.INTERRUPTED, False, 0)
    assert 0 < report.acknowledged < 40_000
    assert adds_up(report)
    assert len(broker.records("stop")) == report.acknowledged


def test_a_second_stop_gives_up_the_waiting_records(log: Path, mortal_broker: Broker) -> None:
    stops = iter([False, False, True, True])

    def tick() -> None:
        mortal_broker.vanish()
        if next(stops, True):
            raise StopLoadError

    report = load(log, mortal_broker, "twice", patience=600, tick=tick)
    assert (report.status, report.acknowledged, report.failed) == (Exit.INTERRUPTED, 0, ROWS)


def test_rejects_that_cannot_be_written_end_the_load(log: Path, broker: Broker, tmp_path: Path) -> None:
    log.write_bytes(log.read_bytes() + b"1,2\n")
    with (
        open_log(str(log), env={}) as source,
        Delivery(broker.settings, topic="unwritable", patience=20) as delivery,
        RejectFile(tmp_path / "no-such-folder" / "x.csv") as file,
    ):
        delivery.connect()
        report = GpsLoad(source, delivery=delivery, encoder=ENCODER, rejects=file, options=LoadOptions()).run()
    assert report.status is Exit.FAILED
    assert "cannot be written" in (report.problem or "")
    assert report.rejects_file is None
    assert "they are in" not in "".join(report.as_lines())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_flat(tmp_path: Path) -> None:
    """A process that reads eight times as much takes hardly more memory."""
    peaks: list[int] = []
    for rows in (50_000, 400_000):
        log = tmp_path / f"{rows}.csv"
        write_sample(log, rows=rows)
        done = subprocess.run([sys.executable, "-c", PEAK, str(log)], capture_output=True, text=True, check=True)
        report = json.loads(done.stdout)
        assert report["rows"] == rows
        peaks.append(report["peak"])
    assert peaks[1] < 150_000
    assert peaks[1] - peaks[0] < 20_000


PEAK = """
import json, re, sys
from producer.gps.log_lines import read_blocks
from producer.gps.convert_blocks import Converter
from producer.gps.row_formats import make_encoder

converter = Converter(make_encoder("avro", schema_id=1), partitions=4)
rows = 0
with open(sys.argv[1], "rb") as file:
    for block in read_blocks(file):
        rows += sum(records.record_count() for records in converter.convert(block).records)
with open("/proc/self/status") as status:  # rusage would begin with the peak of the test's own process
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read()).group(1))
print(json.dumps({"rows": rows, "peak": peak}))
"""
