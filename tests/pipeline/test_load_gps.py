"""`sluice load gps` into a real pipeline. Each test's rows have a time range of their own."""

import gzip
import json
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from producer.gps import encode_row
from producer.gps.load import GpsLoad
from producer.gps.open_log import open_log
from producer.gps.row_formats import make_encoder
from producer.kafka.delivery import Delivery
from producer.kafka.register_schema import register, registry_client
from producer.runtime.exit_status import Exit, SluiceError
from producer.shared.base_load import LoadOptions
from producer.shared.rejects_file import RejectFile
from sluice.view.endpoints import Endpoints
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import SLUICE, Sluice, run_sluice

PERIOD = 200_000
ROWS = 2_000
DAYS: Iterator[int] = count(TimeRange.LOAD_GPS.value, 86_400_000_000)


def rows(start: int, number: int = ROWS) -> list[str]:
    return [
        f"{start + n * PERIOD},{3 - n % 2},0,0.738{n},-1.461{n},{'nan' if n % 2 else f'26{n % 10}.5'},11.3,"
        f"{'nan' if n % 7 == 0 else 0.5}\n"
        for n in range(number)
    ]


@pytest.fixture
def start() -> int:
    """First utime of a day in 2009 or later, a different day for each test."""
    return next(DAYS)


@pytest.fixture
def log(tmp_path: Path, start: int) -> Path:
    path = tmp_path / "gps.csv"
    path.write_text("".join(rows(start)), encoding="ascii")
    return path


def report(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def is_proven(sluice: Sluice, log: Path, *options: str) -> bool:
    done = sluice("proof", str(log), "-o", str(log.with_suffix(".html")), *options)
    assert done.returncode in (Exit.OK, Exit.DIFFERENT), done.stderr
    print(done.stdout)  # why, where the test expects otherwise
    return done.returncode == Exit.OK


def test_every_row_reaches_the_table(sluice: Sluice, log: Path, tmp_path: Path) -> None:
    done = sluice("load", "gps", str(log), "--json", cwd=tmp_path)
    assert done.returncode == Exit.OK, done.stderr
    summary = report(done)
    assert (summary["rows"], summary["acknowledged"], summary["rejected"], summary["complete"]) == (
        ROWS,
        ROWS,
        {},
        True,
    )
    assert is_proven(sluice, log)


def test_loading_twice_changes_nothing_and_tombstones_delete(sluice: Sluice, log: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert sluice("load", "gps", str(log), cwd=tmp_path).returncode == Exit.OK
    assert is_proven(sluice, log)
    assert sluice("load", "gps", str(log), "--tombstones", cwd=tmp_path).returncode == Exit.OK
    assert is_proven(sluice, log, "--absent")


def test_rejects_are_not_loaded_and_are_in_the_rejects_file(sluice: Sluice, log: Path, tmp_path: Path) -> None:
    good = log.read_text(encoding="ascii")
    log.write_text("utime,mode,sats,lat,lon,alt,track,speed\n1.37E+15,3,0,1,1,1,1,1\n" + good, encoding="ascii")
    done = sluice("load", "gps", str(log), "--json", cwd=tmp_path)
    assert done.returncode == Exit.REJECTED
    summary = report(done)
    assert (summary["rows"], summary["acknowledged"], summary["rejected"]) == (ROWS + 1, ROWS, {"utime-spreadsheet": 1})
    assert (tmp_path / "gps.rejects.csv").read_text(encoding="utf-8").splitlines()[1].startswith("2,utime-spreadsheet,")
    assert is_proven(sluice, log)
    log.write_text(good, encoding="ascii")
    assert sluice("load", "gps", str(log), cwd=tmp_path).returncode == Exit.OK
    assert not (tmp_path / "gps.rejects.csv").exists()


def test_a_cut_log_is_finished_by_the_same_command(sluice: Sluice, log: Path, tmp_path: Path) -> None:
    packed = gzip.compress(log.read_bytes())
    source = tmp_path / "gps.csv.gz"
    source.write_bytes(packed[: len(packed) // 2])
    done = sluice("load", "gps", str(source), "--json", cwd=tmp_path)
    assert done.returncode == Exit.INCOMPLETE
    assert 0 < report(done)["acknowledged"] < ROWS
    assert "lines in all" in done.stderr
    source.write_bytes(packed)
    assert sluice("load", "gps", str(source), cwd=tmp_path).returncode == Exit.OK
    assert is_proven(sluice, log)


def test_standard_input_is_a_source(sluice: Sluice, log: Path, tmp_path: Path) -> None:
    done = sluice("load", "gps", "-", cwd=tmp_path, input=log.read_text(encoding="ascii"))
    assert done.returncode == Exit.OK, done.stderr
    assert is_proven(sluice, log)


def test_columns_go_where_the_header_says(sluice: Sluice, log: Path, tmp_path: Path) -> None:
    order = [7, 4, 3, 0, 2, 1, 6, 5]
    names = ["utime", "fix_mode", "num_sats", "lat", "lon", "alt", "heading", "velocity"]
    lines = [names, *(line.split(",") for line in log.read_text(encoding="ascii").splitlines())]
    swapped = tmp_path / "swapped.csv"
    swapped.write_text("\n".join(",".join(line[endpoints] for endpoints in order) for line in lines), encoding="ascii")
    assert sluice("load", "gps", str(swapped), cwd=tmp_path).returncode == Exit.OK
    assert is_proven(sluice, swapped)
    assert is_proven(sluice, log)  # the same rows in the plain order
    swapped.write_text(swapped.read_text(encoding="ascii").replace("lat,", "lat_deg,", 1), encoding="ascii")
    for command in (["load", "gps", str(swapped)], ["proof", str(swapped), "-o", str(tmp_path / "no.html")]):
        done = sluice(*command, cwd=tmp_path)
        assert done.returncode == Exit.USAGE
        assert "swapped.csv, line 1 names columns that do not fit" in done.stderr


@pytest.mark.parametrize(
    "script", ["cat gps.csv | {} /dev/stdin", "cat gps.csv | {} -", "{} <(cat gps.csv)", "cat gps.csv > fifo & {} fifo"]
)
def test_a_source_that_can_be_read_only_once_is_loaded_and_proven(
    target: str, environment: dict[str, str], log: Path, tmp_path: Path, script: str
) -> None:
    os.mkfifo(tmp_path / "fifo")
    for command in (["load", "gps"], ["proof"]):
        line = script.format(shlex.join([SLUICE, "--target", target, *command, "--json"]))
        done = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )
        assert done.returncode == Exit.OK, done.stderr
        summary = report(done)
        assert (summary.get("equal") or summary["acknowledged"]) == ROWS


def test_nothing_is_lost_by_a_second_load_or_proof(sluice: Sluice, log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "gps.csv"
    other.parent.mkdir()
    for path in (log, other):
        path.write_text(f"{log.read_text(encoding='ascii')}of {path}\n", encoding="ascii")
        assert sluice("load", "gps", str(path), cwd=tmp_path).returncode == Exit.REJECTED
        assert sluice("proof", str(path), cwd=tmp_path).returncode == Exit.OK
        before = path.read_bytes()
        assert sluice("proof", str(path), "-o", str(path), cwd=tmp_path).returncode == Exit.USAGE
        assert path.read_bytes() == before
    for name, path in (("gps.rejects.csv", log), ("gps.rejects-2.csv", other)):
        assert f"of {path}" in (tmp_path / name).read_text(encoding="utf-8")
    assert (tmp_path / "proof.html").exists()
    assert (tmp_path / "proof-2.html").exists()


def test_ctrl_c_flushes_and_reports_and_the_next_load_finishes(
    sluice: Sluice, target: str, environment: dict[str, str], tmp_path: Path, start: int
) -> None:
    log = tmp_path / "piped.csv"
    parts = ["".join(rows(start, 50)), "".join(rows(start, 100)[50:])]
    log.write_text("".join(parts), encoding="ascii")
    command = [SLUICE, "--target", target, "load", "gps", "-", "--json"]
    load = subprocess.Popen(command, env=environment, cwd=tmp_path, stdin=-1, stdout=-1, stderr=-1, text=True)
    assert load.stdin is not None
    assert load.stderr is not None
    load.stdin.write(parts[0])
    load.stdin.flush()
    assert load.stderr.readline().startswith("standard input: ")  # progress: the load has begun
    load.stdin.write(parts[1])
    load.stdin.flush()
    load.send_signal(signal.SIGINT)
    out, errors = load.communicate(timeout=60)
    assert load.returncode == Exit.INTERRUPTED, errors
    summary = json.loads(out)
    assert (summary["complete"], summary["failed"]) == (False, 0)
    assert summary["rows"] == summary["acknowledged"]
    assert sluice("load", "gps", str(log), cwd=tmp_path).returncode == Exit.OK
    assert is_proven(sluice, log)


@pytest.fixture
def data_set(environment: dict[str, str], tmp_path: Path) -> Generator[dict[str, str]]:
    """Environment in which the NCLT data set is the test's folder, served on loopback."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {**environment, "SLUICE_NCLT_URL": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    server.server_close()


def test_a_session_of_the_data_set_is_loaded(sluice: Sluice, target: str, log: Path, data_set: dict[str, str]) -> None:
    folder = log.parent / "sensor_data"
    folder.mkdir()
    subprocess.run(
        ["tar", "-czf", str(folder / "2009-01-01_sen.tar.gz"), "--transform", "s,^,2009-01-01/,", "gps.csv"],
        cwd=log.parent,
        check=True,
    )
    done = run_sluice("--target", target, "load", "gps", "nclt:2009-01-01", "--json", env=data_set, cwd=log.parent)
    assert done.returncode == Exit.OK, done.stderr
    assert report(done)["acknowledged"] == ROWS
    assert is_proven(sluice, log)


def test_the_subject_s_compatibility_is_backward(
    sluice: Sluice, endpoints: Endpoints, log: Path, tmp_path: Path
) -> None:
    assert sluice("load", "gps", str(log), cwd=tmp_path).returncode == Exit.OK
    client = registry_client(endpoints.compatible_registry)
    assert client.get_compatibility(encode_row.SUBJECT) == "BACKWARD"
    schema = json.loads(encode_row.schema_text())
    schema["fields"].append({"name": "must_have", "type": "int"})
    with pytest.raises(SluiceError, match="refuses the schema"):
        register(json.dumps(schema), subject=encode_row.SUBJECT, registry=endpoints.compatible_registry)
    assert register(encode_row.schema_text(), subject=encode_row.SUBJECT, registry=endpoints.compatible_registry) > 0


def test_a_wrong_password_is_an_error_within_seconds(endpoints: Endpoints, log: Path, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "SLUICE_BOOTSTRAP_SERVERS": endpoints.producer.bootstrap_servers,
        "SLUICE_CA_FILE": str(endpoints.producer.ca_file),
        "SLUICE_REGISTRY_URL": endpoints.registry.url,
        "SLUICE_REGISTRY_USER_INFO": endpoints.registry.user_info,
        "SLUICE_PRODUCER_PASSWORD": "wrong",
    }
    command = ["python", "-m", "producer", "gps", str(log)]
    begun = time.monotonic()
    done = subprocess.run(
        [str(Path(SLUICE).with_name(command[0])), *command[1:]],
        env={**env, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == Exit.UNAVAILABLE
    assert "does not accept the user or the password" in done.stderr
    assert time.monotonic() - begun < 30


def test_a_user_without_an_acl_is_an_error_within_seconds(endpoints: Endpoints, log: Path, tmp_path: Path) -> None:
    with (
        Delivery(endpoints.consumer.client_settings(), topic=encode_row.TOPIC, patience=60) as delivery,
        open_log(str(log), env={}) as source,
        RejectFile(tmp_path / "r.csv") as rejects,
    ):
        delivery.connect()
        begun = time.monotonic()
        encoder = make_encoder("avro", schema_id=1)
        load_report = GpsLoad(source, delivery=delivery, encoder=encoder, rejects=rejects, options=LoadOptions()).run()
    assert (load_report.status, load_report.acknowledged) == (Exit.INCOMPLETE, 0)
    # Nothing more is handed to the client once it has reported the error, which may be before the second block.
    assert 0 < load_report.failed <= ROWS
    assert "this user may not write" in (load_report.problem or "")
    assert time.monotonic() - begun < 30


def test_a_missing_topic_is_an_error(endpoints: Endpoints) -> None:
    with (
        Delivery(endpoints.producer.client_settings(), topic="no-such-topic", patience=60) as delivery,
        pytest.raises(SluiceError, match="no-such-topic cannot be written to") as caught,
    ):
        delivery.connect()
    assert caught.value.status is Exit.UNAVAILABLE
