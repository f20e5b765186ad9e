"""A database that is restored from a copy of its files, under running connectors: the table heals by itself."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from producer.sample import write_sample
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.kill_servers import LocalServerControl
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import Sluice, wait_for

ROWS = 3000
YEAR_OF_SAMPLES = 1_325_376_000_000_000
SECONDS = 120


@contextmanager
def stopped_database(instance: Instance) -> Generator[Path]:
    """Kill the database and yield its folder; start it at the end."""
    servers = LocalServerControl(instance)
    servers.kill("mysql")
    try:
        yield instance.state / "mysql"
    finally:
        servers.start("mysql")


def write_log(path: Path, *, seed: int) -> None:
    """Write a sample log, in the time range of this file."""
    write_sample(path, rows=ROWS, seed=seed)
    later = TimeRange.RESTORED_DATABASE - YEAR_OF_SAMPLES
    rows = (line.split(",", 1) for line in path.read_text().splitlines())
    path.write_text("".join(f"{int(utime) + later},{rest}\n" for utime, rest in rows))


def read_table_again(endpoints: Endpoints, admin: Administrator) -> None:
    """Delete the position of mysql-source, which the restored log does not have (docs/mysql-source.md)."""
    admin.servers.stop_connector("mysql-source")
    path = "/connectors/mysql-source/offsets"
    wait_for(lambda: request("DELETE", endpoints.connect[0], path)[0] == HTTPStatus.OK, seconds=SECONDS)
    admin.servers.resume_connector("mysql-source")


@pytest.mark.local_only("it copies files of the database")
def test_restored_database_gets_rows_and_deletions_again(
    endpoints: Endpoints, admin: Administrator, instance: Instance, sluice: Sluice, tmp_path: Path
) -> None:
    deleted, kept, page = tmp_path / "deleted.csv", tmp_path / "kept.csv", str(tmp_path / "proof.html")
    write_log(deleted, seed=41)
    write_log(kept, seed=43)

    def proves(*arguments: str) -> bool:
        return sluice("proof", "-o", page, "--allow-extra", *arguments).returncode == Exit.OK

    assert sluice("load", "gps", str(deleted)).returncode == Exit.OK
    wait_for(lambda: proves(str(deleted)), seconds=SECONDS)
    copy = tmp_path / "copy"
    with stopped_database(instance) as folder:
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.sock"))
    assert sluice("load", "gps", "--tombstones", str(deleted)).returncode == Exit.OK
    assert sluice("load", "gps", str(kept)).returncode == Exit.OK
    wait_for(lambda: proves("--absent", str(deleted)) and proves(str(kept)), seconds=SECONDS)
    with stopped_database(instance) as folder:
        shutil.rmtree(folder)
        shutil.move(copy, folder)
    try:
        wait_for(lambda: proves("--absent", str(deleted)) and proves(str(kept)), seconds=SECONDS)
    finally:
        read_table_again(endpoints, admin)
        # auto-restart has to forget that the source had failed, or the status of later tests is not OK.
        wait_for(lambda: sluice("status").returncode == Exit.OK, seconds=SECONDS)
    assert "going back from offset" in instance.log("connect-1").read_text(errors="replace")
