"""Advice for the errors of failed connectors."""

import re

_ADVICE_BY_PATTERN = (
    (
        "no longer available on the server|Could not find first log file|purged binary|impossible position|"
        "could not find next log|binlog files have been purged",
        "Its position in the binary log is gone. docs/mysql-source.md (What may come twice) says how to start again: "
        "stop it, delete its offsets, resume it.",
    ),
    (
        "RecordTooLarge|larger than.*(max.request.size|max.message.bytes)|message.* (too|larger)",
        "A change is larger than its topic takes. Give max.message.bytes in k8s/topics.yaml and "
        "producer.override.max.request.size in k8s/connectors/{name}.yaml one larger number, and run sluice up: "
        "nothing is lost, it goes on with that change.",
    ),
    (
        "DDL statement couldn't be parsed",
        "Debezium does not understand a statement in the binary log. docs/mysql-source.md (What it cannot read) says "
        "what to do.",
    ),
    (
        "Table '.*' doesn't exist|Table .* not found|Could not find table",
        "A table is missing. `sluice up` creates those of k8s/mysql.",
    ),
    ("Access denied|command denied", "A privilege in the database is missing: k8s/mysql/20-users.sql grants them."),
    ("AuthorizationException|Not authorized", "An ACL in Kafka is missing: k8s/users.yaml has them."),
    ("Communications link failure|Connection refused", "What it connects to does not answer: `sluice status`."),
)
_DEFAULT_ADVICE = "Repair the cause, then run sluice up. The whole trace is in the instance's logs/connect-*.log."


def advise(cause: str, connector: str, *, default: str = _DEFAULT_ADVICE) -> str:
    """Return what to do about a failure of `connector`; `cause` is from sluice/stack_trace.py's innermost_message().

    `default` is the advice for a cause that is not known.
    """
    found = next((text for pattern, text in _ADVICE_BY_PATTERN if re.search(pattern, cause, re.IGNORECASE)), default)
    return found.format(name=connector)
