"""The Java tests of connect/redis-sink, by the Maven and the Java runtime that build it for everybody."""

import os
import re

from local.fetch import run_our_tests


def test_java_tests_pass() -> None:
    # What fails is in the error's message and in Maven's log, whose path it tells.
    output = run_our_tests(env=os.environ, say=lambda _: None)
    (run,) = re.findall(r"^\[INFO\] Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0$", output, re.MULTILINE)
    assert int(run) > 50
