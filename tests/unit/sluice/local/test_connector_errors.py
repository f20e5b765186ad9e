"""Why a connector failed, in one sentence, and what to do."""

import pytest

from sluice.local.connector_errors import advise
from sluice.stack_trace import innermost_message

TOO_LARGE = """org.apache.kafka.connect.errors.ConnectException: Unrecoverable exception from producer send callback
\tat org.apache.kafka.connect.runtime.WorkerSourceTask.maybeThrowProducerSendException(WorkerSourceTask.java:1)
Caused by: org.apache.kafka.common.errors.RecordTooLargeException: The message is 20971603 bytes when serialized which \
is larger than 16777216, which is the value of the max.request.size configuration.
"""
NESTED = """org.apache.kafka.connect.errors.ConnectException: Exiting
\tat a.B.c(B.java:1)
\t... 7 more
Caused by: java.lang.RuntimeException: java.sql.SQLException: Table 'myDB.gps_fixes' doesn't exist
Caused by: java.sql.SQLException: Table 'myDB.gps_fixes' doesn't exist
"""


@pytest.mark.parametrize(
    ("trace", "cause", "advised"),
    [
        (TOO_LARGE, "The message is 20971603 bytes when serialized which is larger than", "k8s/connectors/some.yaml"),
        (NESTED, "Table 'myDB.gps_fixes' doesn't exist", "`sluice up` makes those of k8s/mysql"),
        ("java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n", "NullPointerException", "logs/connect-*.log"),
        ("a.BException: outer\nCaused by: java.lang.NullPointerException\n\tat x\n", "outer", "logs/connect-*.log"),
        ("", "Connect gives no reason", "logs/connect-*.log"),
        (
            "io.debezium.DebeziumException: Could not find GTID state; required binlog files have been purged.",
            "Could not find GTID state; required binlog files have been purged",
            "Its place in the binary log is gone",
        ),
    ],
)
def test_the_innermost_cause_is_told_with_what_to_do(trace: str, cause: str, advised: str) -> None:
    assert innermost_message(trace).startswith(cause)
    assert advised in advise(innermost_message(trace), "some")
