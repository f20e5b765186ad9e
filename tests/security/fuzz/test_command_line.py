"""Any command line and environment: a documented exit status and a sentence, without a traceback or a file."""

import os
from pathlib import Path

import pytest
from hypothesis import strategies as st

from producer.runtime.exit_status import Exit
from sluice.cli import main

from .hostile_strategies import ODD_TEXTS
from .profile import bounded, fuzz

COMMANDS = (
    *(
        ["load", "gps"],
        ["load", "images"],
        ["load"],
        ["status"],
        ["messages"],
        ["dlq"],
        ["dlq", "show"],
        ["dlq", "send"],
    ),
    *(["dlq", "write"], ["proof"], ["get"], ["down"], []),
)
OPTIONS = (
    *(
        "--limit",
        "--max-rejects",
        "--max-bytes",
        "--key",
        "--rejects",
        "--tombstones",
        "--json",
        "--dry-run",
        "--follow",
        "--from-offset",
        "--from-time",
        "--filter",
    ),
    *("--state", "--namespace", "--workers", "--port-base", "--redis-memory", "--output", "-o", "--cameras", "--every"),
    *("--format", "--help", "--", "-", "--absent", "--watch", "--purge=1", "--x"),
)
# The system passes no NUL in an argument, and a test loads nothing from elsewhere.
WORDS = [text for text in ODD_TEXTS if "\x00" not in text and "\ud800" not in text]
words = st.sampled_from(
    [*WORDS, "http://127.0.0.1:1/x.csv", "https://[::1", "gs://", "nclt:2012-13-45", "x.tar::", "::y"]
)
arguments = st.tuples(st.sampled_from(COMMANDS), st.lists(st.sampled_from(OPTIONS) | words, max_size=5)).map(
    lambda given: [*given[0], *given[1]]
)
VARIABLES = {
    "SLUICE_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "SLUICE_CA_FILE": "",
    "SLUICE_REGISTRY_URL": "http://127.0.0.1:1",
    "SLUICE_CONNECT_URL": "http://127.0.0.1:1",
    "SLUICE_MYSQL_HOST": "127.0.0.1",
    "SLUICE_MYSQL_PORT": "1",
    "SLUICE_REDIS_PORT": "1",
}
STATUSES = {status.value for status in Exit}


def run(line: list[str], env: dict[str, str], folder: Path) -> None:
    """Run a command line in an empty folder, which is empty afterwards."""
    with bounded(seconds=60):
        try:
            status = int(main(line, env={**env, "HOME": str(folder / "home"), "PATH": os.environ["PATH"]}))
        except SystemExit as ended:  # argparse
            status = ended.code
    assert status in STATUSES, (line, status)
    assert not [path for path in folder.rglob("*") if path.is_file()]


@fuzz(60, line=arguments)
def test_any_command_line_ends_with_a_status(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", open(os.devnull, encoding="utf-8"))  # noqa: SIM115
    run(line, {"SLUICE_STATE": str(tmp_path / "none")}, tmp_path)
    _, errors = capfd.readouterr()
    assert "Traceback" not in errors


@fuzz(
    25, name=st.sampled_from(sorted(VARIABLES)), text=st.sampled_from(WORDS), command=st.sampled_from(["status", "dlq"])
)
def test_any_variable_ends_with_a_status(
    name: str, text: str, command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["--target", "external", command], {**VARIABLES, name: text}, tmp_path)
    assert "Traceback" not in capfd.readouterr().err
