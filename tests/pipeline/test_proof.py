"""`sluice proof` of GPS logs, against a real table."""

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import Exit
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator, run
from tests.pipeline.pause_sink import paused_sink
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import Sluice

Prove = Callable[..., tuple[int, dict[str, Any]]]
START = TimeRange.PROOF.value
ROWS = [
    f"{START + n * 200_000},{3 - n % 2},0,0.738{n},-1.461{n},{'nan' if n % 2 else f'26{n}.5'},11.3,0.5\n"
    for n in range(9)
]
EDGE_ROWS = [
    f"{START + 5_000_000},3,2147483647,1.5707963267948966,-3.141592653589793,1e-7,-360,5e-324\n",
    f"{START + 5_100_000},0,0,nan,nan,nan,nan,nan\n",
    f"{START + 5_200_001},1,7,-1e-320,0.30000000000000004,-1.7976931348623157e308,359.99999999999994,1e22\n",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "gps.csv"
    path.write_text("".join(ROWS), encoding="utf-8")
    return path


@pytest.fixture
def prove(sluice: Sluice, tmp_path: Path) -> Prove:
    """Function that runs a proof and returns its exit status and its JSON object."""

    def run(source: Path, *options: str) -> tuple[int, dict[str, Any]]:
        done = sluice("proof", str(source), "--json", "-o", str(tmp_path / "proof.html"), *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


@pytest.fixture
def load(sluice: Sluice) -> Callable[..., None]:
    def run(source: Path, *options: str) -> None:
        done = sluice("load", "gps", str(source), *options)
        assert done.returncode == 0, done.stderr

    return run


@pytest.fixture
def administrator(admin: Administrator) -> Generator[Callable[[str], None]]:
    """Function that runs a statement as the database's administrator."""
    with admin.mysql() as connection:

        def execute(statement: str) -> None:
            run(connection, statement)

        yield execute


def test_every_row_of_a_log_that_was_loaded_is_there(load: Callable[..., None], prove: Prove, sample: Path):
    load(sample)
    status, proof = prove(sample)
    assert status == Exit.OK, proof
    assert proof["ok"]
    assert proof["compared"] == proof["equal"] == proof["source"]["accepted"] > 1000
    assert proof["missing"] == proof["different"] == proof["extra"] == 0
    report = Path(proof["report"]).read_text(encoding="utf-8")
    assert proof["headline"] in report
    assert proof["source"]["sha256"] in report
    assert "MySqlSinkConnector" in report


def test_numbers_at_the_edge_of_a_double_come_back_bit_for_bit(load: Callable[..., None], prove: Prove, log: Path):
    log.write_text("".join(EDGE_ROWS), encoding="utf-8")
    load(log)
    status, proof = prove(log)
    assert status == Exit.OK, proof
    assert (proof["equal"], proof["signless_zeros"]) == (3, 0)


def test_a_log_that_was_never_loaded_is_not_proven(prove: Prove, log: Path):
    log.write_text("".join(f"{int(row[:16]) + 10**12}{row[16:]}" for row in ROWS), encoding="utf-8")
    status, proof = prove(log, "--list", "2")
    assert status == Exit.DIFFERENT
    assert (proof["outcome"], proof["missing"], len(proof["listed"]["missing"])) == ("different", 9, 2)
    assert prove(log, "--absent")[0] == Exit.OK


def test_rows_that_were_deleted_are_proven_absent(load: Callable[..., None], prove: Prove, log: Path):
    load(log)
    assert prove(log)[0] == Exit.OK
    assert prove(log, "--absent")[0] == Exit.DIFFERENT
    load(log, "--tombstones")
    status, proof = prove(log, "--absent")
    assert status == Exit.OK, proof
    load(log)
    assert prove(log)[0] == Exit.OK


def test_rows_that_are_rejected_now_are_found_at_the_edges_and_after_a_deletion(
    load: Callable[..., None], sluice: Sluice, prove: Prove, log: Path, tmp_path: Path
):
    load(log)
    now = tmp_path / "now.csv"
    now.write_text("".join([_rejected(ROWS[0]), *ROWS[1:-1], _rejected(ROWS[-1])]), encoding="utf-8")
    edges = [
        {"utime": START, "line": 1, "reason": "angle"},
        {"utime": START + 8 * 200_000, "line": 9, "reason": "angle"},
    ]
    for options in ((), ("--allow-extra",)):
        status, proof = prove(now, *options)
        assert (status, proof["outcome"]) == (Exit.DIFFERENT, "different"), proof
        assert (proof["equal"], proof["extra"], proof["listed"]["refused_there"]) == (7, 2, edges)
    assert sluice("load", "gps", str(now), "--tombstones").returncode == Exit.REJECTED
    status, proof = prove(now, "--absent")
    assert (status, proof["missing"], proof["listed"]["refused_there"]) == (Exit.DIFFERENT, 7, edges)
    assert "2 rejected rows of the source are in the table" in Path(proof["report"]).read_text(encoding="utf-8")
    load(log, "--tombstones")
    assert prove(now, "--absent")[0] == Exit.OK


def _rejected(row: str) -> str:
    return row.replace(",0.738", ",9.738")


def test_no_proof_is_given_while_records_wait_that_could_change_it(
    load: Callable[..., None], prove: Prove, log: Path, endpoints: Endpoints, target: str
):
    load(log)
    assert prove(log)[0] == Exit.OK
    other = log.with_name("other.csv")
    other.write_text("".join(f"{int(row[:16]) + 10**12}{row[16:]}" for row in ROWS), encoding="utf-8")
    with paused_sink(endpoints, "mysql-sink", target=target):
        load(log, "--tombstones")
        status, proof = prove(log)
        assert (status, proof["outcome"], proof["equal"]) == (Exit.DIFFERENT, "sink-failed", 9), proof
        assert proof["sink"]["concerning"] == 9
        assert "every field equal now, but 9 records that can change this are waiting" in proof["headline"]
        status, proof = prove(other, "--absent")
        assert (status, proof["sink"]["lag"], proof["sink"]["concerning"]) == (Exit.OK, 9, 0), proof
    assert prove(log, "--absent")[0] == Exit.OK
    with paused_sink(endpoints, "mysql-sink", target=target):
        load(log)
        status, proof = prove(log, "--absent")
        assert (status, proof["outcome"], proof["missing"]) == (Exit.DIFFERENT, "sink-failed", 9), proof
    assert prove(log)[0] == Exit.OK


def test_the_order_of_the_source_does_not_matter(load: Callable[..., None], prove: Prove, log: Path):
    log.write_text("".join(reversed(ROWS)), encoding="utf-8")
    load(log)
    status, proof = prove(log)
    assert status == Exit.OK, proof
    assert not proof["source"]["in_order"]


def test_what_is_wrong_in_the_table_is_found(
    load: Callable[..., None], prove: Prove, log: Path, administrator: Callable[[str], None]
):
    load(log)
    assert prove(log)[0] == Exit.OK
    table = "myDB.gps_fixes"
    administrator(f"DELETE FROM {table} WHERE utime = {START}")
    administrator(
        f"UPDATE {table} SET recorded_at = recorded_at + INTERVAL 1 MICROSECOND WHERE utime = {START + 200_000}"
    )
    administrator(f"UPDATE {table} SET longitude = NULL, altitude = altitude + 1e-13 WHERE utime = {START + 400_000}")
    administrator(f"INSERT INTO {table} VALUES ({START + 3}, '2010-01-01', 0, 0, NULL, NULL, NULL, NULL, NULL)")
    status, proof = prove(log)
    administrator(f"DELETE FROM {table} WHERE utime = {START + 3}")
    assert status == Exit.DIFFERENT
    assert (proof["equal"], proof["missing"], proof["different"], proof["extra"]) == (6, 1, 2, 1)
    assert proof["fields"] == {"longitude": 1, "altitude": 1, "recorded_at": 1}
    assert proof["listed"]["missing"] == [START]
    assert proof["listed"]["extra"] == [START + 3]
    assert proof["listed"]["different"][0] == {
        "utime": START + 200_000,
        "field": "recorded_at",
        "source": START + 200_000,
        "table": START + 200_001,
    }


def test_rejected_rows_are_reported_and_do_not_fail_the_proof(sluice: Sluice, prove: Prove, log: Path):
    log.write_text("".join([*ROWS, ROWS[2], "1.37E+15,3,0,0.7,-1.4,264.4,11.3,0.005\n"]), encoding="utf-8")
    sluice("load", "gps", str(log))
    status, proof = prove(log)
    assert status == Exit.OK, proof
    assert proof["source"]["rejects"] == {"duplicate": 1, "utime-spreadsheet": 1}


@pytest.mark.parametrize("content", ["\n", "1.37E+15,3,0,0.7,-1.4,264.4,11.3,0.005\n"])
def test_a_source_without_valid_rows_proves_nothing(prove: Prove, log: Path, content: str):
    log.write_text(content, encoding="utf-8")
    status, proof = prove(log)
    assert status == Exit.DIFFERENT
    assert proof["outcome"] == "nothing-compared"


def test_the_verdict_is_printed_with_the_path_of_the_report(
    load: Callable[..., None], sluice: Sluice, log: Path, tmp_path: Path
):
    load(log)
    report = tmp_path / "mine.html"
    done = sluice("proof", str(log), "-o", str(report))
    assert done.returncode == Exit.OK, done.stderr
    assert "All 9 rows of the source are in myDB.gps_fixes, every field equal." in done.stdout
    assert f"report: {report}" in done.stdout
    assert report.exists()


def test_a_missing_source_is_an_error(sluice: Sluice, tmp_path: Path):
    done = sluice("proof", str(tmp_path / "no.csv"), "-o", str(tmp_path / "proof.html"))
    assert done.returncode not in (Exit.OK, Exit.DIFFERENT)
    assert "no.csv" in done.stderr
    assert not (tmp_path / "proof.html").exists()
