"""The commands in CONTRIBUTING.md exist, and select tests that exist."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_program_can_be_run(line: str) -> None:
    program, *_ = shlex.split(line, comments=True)
    assert os.access(ROOT / program, os.X_OK), program


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("scripts/test tests/")])
def test_tests_are_found(line: str) -> None:
    _, *arguments = shlex.split(line, comments=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_quick_is_an_option_of_the_script() -> None:
    assert any(line.startswith("scripts/test --quick") for line in LINES)
    assert "scripts/test --quick" in (ROOT / "scripts/test").read_text(encoding="utf-8")
