"""Advice for the errors of failed connectors."""

import pytest

from sluice.connector_errors import advise


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        (
            "The message is 20971603 bytes when serialized which is larger than 16777216, which is the value of the "
            "max.request.size configuration",
            "k8s/connectors/some.yaml",
        ),
        ("Table 'myDB.gps_fixes' doesn't exist", "`sluice up` creates those of k8s/mysql"),
        ("NullPointerException", "logs/connect-*.log"),
        ("Connect gives no reason", "logs/connect-*.log"),
        (
            "Could not find GTID state; required binlog files have been purged",
            "Its position in the binary log is gone",
        ),
    ],
)
def test_a_cause_has_advice(cause: str, advice: str) -> None:
    assert advice in advise(cause, "some")
