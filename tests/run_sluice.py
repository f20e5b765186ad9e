"""Runs the `sluice` command in tests, waits for conditions, and writes stand-in programs."""

import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sluice.view.endpoints import VARIABLES

SLUICE = str(Path(sys.executable).with_name("sluice"))


NOWHERE = dict.fromkeys(VARIABLES, "http://127.0.0.1:1") | {name: "1" for name in VARIABLES if name.endswith("_PORT")}
"""Endpoints at which nothing listens."""


class Sluice(Protocol):
    """Function that runs `sluice` against the tests' pipeline; `options` are those of subprocess.run."""

    def __call__(self, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]": ...


def run_sluice(*arguments: str, env: Mapping[str, str], **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run the `sluice` command and return its result, output as text."""
    return subprocess.run(
        [SLUICE, *arguments], env=env, capture_output=True, text=True, timeout=300, check=False, **options
    )


@contextmanager
def running_console(
    environment: Mapping[str, str], *options: str, program: str = SLUICE, cwd: Path | None = None
) -> Generator[str]:
    """Start `sluice console`; yields the URL that it prints, and ends it by Ctrl-C."""
    pipes = subprocess.PIPE
    with subprocess.Popen(
        [program, *options, "console"], env=environment, cwd=cwd, text=True, stdout=pipes, stderr=pipes
    ) as process:
        assert process.stdout
        assert process.stderr
        url = process.stdout.readline().strip()
        try:
            assert url.startswith("http://127.0.0.1:"), url + process.stderr.read()
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            errors = process.stderr.read()
    assert process.returncode == 0, errors
    assert errors == ""


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until the condition holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.05)


def write_program(path: Path, text: str, *options: str) -> None:
    """Write an executable Python program; `options` are the interpreter's.

    Started by a shell, not by `#!python`, which supports no interpreter path with blanks and no long one.
    """
    source = path.with_name(f"{path.name}.py")
    source.write_text(text, encoding="utf-8")
    command = shlex.join([sys.executable, *options, str(source)])
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
