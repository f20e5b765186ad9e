"""Tests of `sluice console` as a program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from tests.run_sluice import NOWHERE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]


def test_the_end_of_standard_input_ends_a_console_in_a_pod() -> None:
    program = "from sluice.cli import run; run()"
    command = [sys.executable, "-c", program, "--target", "external", "console", "--until-stdin-ends"]
    with subprocess.Popen(
        command,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **NOWHERE, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        assert process.communicate()[1] == ""
    assert process.returncode == Exit.OK
