"""Standard streams, signals, errors and exit statuses of a program; each test runs it in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import Exit

ROOT = Path(__file__).resolve().parents[4]


def program(body: str, *, redirect: str = "", **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run `body` as the command of a program whose streams a shell has redirected."""
    script = (
        f"from producer.runtime.run_program import run\ndef command():\n    {body}\n    return 0\nrun('it', command)"
    )
    line = f'exec "$0" -c "$1" {redirect}'
    return subprocess.run(
        ["bash", "-c", line, sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_an_unexpected_exception_prints_a_sentence_and_writes_its_traceback_to_a_file(tmp_path: Path):
    done = program("raise ZeroDivisionError('by \\x1b')", env={"TMPDIR": str(tmp_path)})
    assert done.returncode == Exit.FAILED
    assert done.stderr.count("\n") == 1
    assert "unexpected error" in done.stderr  # other tests look for these words, and must not find them
    assert r"ZeroDivisionError: by \x1b" in done.stderr
    (details,) = tmp_path.glob("sluice-error-*.txt")
    assert str(details) in done.stderr
    assert "Traceback" in details.read_text()
    assert details.stat().st_mode & 0o077 == 0


def test_an_error_of_the_system_names_the_file(tmp_path: Path):
    done = program(f"open('{tmp_path}/none/x')")
    assert (done.returncode, done.stderr) == (1, f"it: {tmp_path}/none/x cannot be used: No such file or directory\n")


@pytest.mark.parametrize("body", ["print('x')", "import sys; sys.stdout.buffer.write(b'x' * 100_000)"])
@pytest.mark.parametrize(("redirect", "why"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")])
def test_output_that_cannot_be_written_fails_with_one_sentence(body: str, redirect: str, why: str):
    if redirect.endswith("full") and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = program(body, redirect=redirect)
    assert done.returncode == Exit.FAILED
    assert done.stderr == f"it: standard output cannot be written: {why}. What was done before stays done\n"


def test_a_program_that_prints_nothing_needs_no_output():
    assert program("pass", redirect=">&- <&- 2>&-").returncode == 0


def test_no_other_file_gets_the_descriptor_of_a_closed_stream(tmp_path: Path):
    done = program(f"f = open('{tmp_path}/f', 'w'); print(f.fileno() > 2)", redirect="<&- 2>&-")
    assert done.stdout == "True\n"


def test_reading_a_closed_standard_input_fails():
    done = program("import sys; sys.stdin.read()", redirect="<&-")
    assert (done.returncode, done.stderr) == (Exit.FAILED, "it: standard input is needed, and is closed\n")


def test_a_full_standard_error_changes_no_status():
    done = program("import sys; print('x', file=sys.stderr); print('y')", redirect="2>/dev/full")
    assert (done.returncode, done.stdout) == (0, "y\n")


def test_a_broken_pipe_is_no_error():
    done = program("[print('x' * 99) for _ in range(10_000)]", redirect="| head -c 1; exit ${PIPESTATUS[0]}")
    assert (done.stdout, done.stderr) == ("x", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_an_interrupt(number: signal.Signals):
    done = program(f"import os; os.kill(os.getpid(), {int(number)}); import time; time.sleep(9)")
    assert (done.returncode, done.stderr) == (Exit.INTERRUPTED, "it: interrupted\n")
