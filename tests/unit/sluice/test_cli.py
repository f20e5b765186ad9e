"""The command line: what it accepts, and what it answers where there is no pipeline."""

import subprocess
import sys
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from sluice.cli import main, parser


@pytest.mark.parametrize(
    "line",
    [
        "up --workers 3 --port-base 21000 --json",
        "down --purge",
        "status --json",
        "load gps gps.csv --max-rejects 5 --rejects bad.csv --tombstones --json",
        "messages gps-fixes --limit 3 --key 1353099678298235 --follow",
        "proof gps.csv --output proof.html --json",
        "get 2012-11-16/Cam0/1 -o x --force --json",
        "load images 2012-11-16 --camera 0 --every 2 --limit 3 --max-bytes 1GB --dry-run",
        "proof images --camera Cam0 --every 2 --limit 3 --max-bytes all --list 5",
        "--target external status",
        "--target kind status",
        "--target context:here --namespace there status",
        "--state /tmp/second status",
    ],
)
def test_accepts(line: str) -> None:
    assert callable(parser().parse_args(line.split()).command)


@pytest.mark.parametrize(
    "line", ["", "fly", "load", "load gps", "messages", "up --workers many", "--target moon status"]
)
def test_refuses_with_the_usage(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(line.split(), env={})
    assert caught.value.code == Exit.USAGE
    assert "usage: sluice" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["status", "down", "load gps x.csv", "messages gps-fixes", "proof x.csv", "get x"])
def test_without_a_pipeline_says_how_to_get_one(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split(), env={"SLUICE_STATE": str(tmp_path / "none")}) == Exit.UNAVAILABLE
    assert f"Start one: sluice --state {tmp_path / 'none'} up" in capsys.readouterr().err


def test_external_target_names_every_variable_that_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    env = {"SLUICE_BOOTSTRAP_SERVERS": "127.0.0.1:9093"}
    assert main(["--target", "external", "status"], env=env) == Exit.USAGE
    message = capsys.readouterr().err
    assert "SLUICE_MYSQL_READER_PASSWORD" in message
    assert "SLUICE_BOOTSTRAP_SERVERS" not in message


def test_help_names_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"], env={})
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for status in Exit:
        assert f"{status.value} {status.name.lower()}" in text


def test_dry_run_needs_no_pipeline(tmp_path: Path) -> None:
    (tmp_path / "2012-11-16/Cam0").mkdir(parents=True)
    line = ["load", "images", str(tmp_path / "2012-11-16"), "--dry-run"]
    # FAILED, for there is no image in it: not UNAVAILABLE.
    assert main(line, env={"SLUICE_STATE": str(tmp_path / "none")}) == Exit.FAILED


def test_only_up_and_down_import_what_starts_servers(tmp_path: Path) -> None:
    lines = [["status"], ["messages", "gps-fixes"], ["load", "gps", "gps.csv"], ["proof", "gps.csv"]]
    code = (
        "import sys; from sluice.cli import main; "
        f"print(*[main(line, env={{'SLUICE_STATE': {str(tmp_path)!r}}}) for line in {lines}], "
        "'sluice.local.instance' in sys.modules, 'sluice.local.up' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.split() == [*["6"] * len(lines), "True", "False"], done.stderr


def test_up_and_down_are_for_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--target", "kind", "up"], env={}) == Exit.USAGE
    assert "pulumi up" in capsys.readouterr().err
