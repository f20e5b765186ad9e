"""Java stack traces: first line, innermost cause, its message."""

import pytest

from sluice.stack_trace import NO_REASON, first_line, innermost_cause, innermost_message

NESTED = """org.apache.kafka.connect.errors.ConnectException: Exiting
\tat a.B.c(B.java:1)
\t... 7 more
Caused by: java.lang.RuntimeException: java.sql.SQLException: Table 'myDB.gps_fixes' doesn't exist
Caused by: java.sql.SQLException: Table 'myDB.gps_fixes' doesn't exist
"""
WITHOUT_CAUSE = "java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n"
CAUSE_WITHOUT_MESSAGE = "a.BException: outer\nCaused by: java.lang.NullPointerException\n\tat x\n"
ENDS_WITH_A_STOP = "io.debezium.DebeziumException: Could not find GTID state; required binlog files have been purged."


@pytest.mark.parametrize(
    ("trace", "first", "cause", "message"),
    [
        (
            NESTED,
            "org.apache.kafka.connect.errors.ConnectException: Exiting",
            "java.sql.SQLException: Table 'myDB.gps_fixes' doesn't exist",
            "Table 'myDB.gps_fixes' doesn't exist",
        ),
        (WITHOUT_CAUSE, "java.lang.NullPointerException", None, "NullPointerException"),
        (CAUSE_WITHOUT_MESSAGE, "a.BException: outer", "java.lang.NullPointerException", "outer"),
        (ENDS_WITH_A_STOP, ENDS_WITH_A_STOP, None, "Could not find GTID state; required binlog files have been purged"),
        ("", None, None, NO_REASON),
    ],
    ids=["nested", "without a cause", "cause without a message", "with a full stop", "empty"],
)
def test_what_a_trace_says(trace: str, first: str | None, cause: str | None, message: str) -> None:
    assert first_line(trace) == first
    assert innermost_cause(trace) == cause
    assert innermost_message(trace) == message


def test_no_trace_has_neither_a_first_line_nor_a_cause() -> None:
    assert first_line(None) is None
    assert innermost_cause(None) is None
