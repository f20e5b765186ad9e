"""Runs the Java tests of our plugins in connect/, with the Maven and the Java runtime of the local pipeline."""

import os
import re

import pytest

from sluice.local.fetch_servers import run_plugin_tests

pytestmark = pytest.mark.slow


def test_java_tests_pass() -> None:
    # If a test fails, the error has its message and the path of Maven's log.
    output = run_plugin_tests(env=os.environ, say=lambda _: None)
    runs = re.findall(r"^\[INFO\] Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0$", output, re.MULTILINE)
    assert len(runs) == 3, "registry-client, converters, redis-sink"
    assert sum(int(run) for run in runs) > 130
