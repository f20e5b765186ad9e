"""Runs the Java tests of our plugins in connect/, with the Maven and the Java runtime of the local pipeline."""

import os
import re
from pathlib import Path

import pytest

from sluice.local.fetch_servers import run_plugin_tests

pytestmark = pytest.mark.slow

CONNECT = Path(__file__).resolve().parents[3] / "connect"


def modules_with_tests() -> set[str]:
    """Return the folders of connect/ that have Java tests."""
    return {path.relative_to(CONNECT).parts[0] for path in CONNECT.glob("*/src/test/java/**/*Test.java")}


def test_java_tests_pass() -> None:
    # If a test fails, the error has its message and the path of Maven's log.
    output = run_plugin_tests(env=os.environ, say=lambda _: None)
    runs = re.findall(r"^\[INFO\] Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0$", output, re.MULTILINE)
    assert len(runs) == len(modules_with_tests())
    assert sum(int(run) for run in runs) > 130
