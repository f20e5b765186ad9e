"""Log entries of the guard: JSON lines for Cloud Logging, and the filters of the alerts that mail some of them."""

import json
import sys
from collections.abc import Mapping
from enum import StrEnum

FIELD = "sluice_guard"
"""Field of jsonPayload with the event."""
MAIL_FIELD = "sluice_guard_mail"
"""Field of jsonPayload with the alert that mails the entry: `now`, `daily` or `sleep`; absent if none does."""


class Event(StrEnum):
    """Events, as in the log."""

    SCALED_TO_ZERO = "scaled-to-zero"
    SCALING_TO_ZERO = "scaling-to-zero"
    """Started, and not done by the function's timeout; the next call continues."""
    ALREADY_ZERO = "already-zero"
    CLUSTER_GONE = "cluster-gone"
    BELOW_SHARE = "below-share"
    ABOVE_SHARE = "above-share"
    """No nodes were stopped: the mode is `notify` or `off`."""
    AWAKE = "awake"
    """Above the share, but scripts/wake overrides the budget."""
    NOT_YET = "not-yet"
    TIME_IS_UP = "time-is-up"
    """No nodes were stopped: the mode is `notify` or `off`."""
    STALE = "stale"
    UNREADABLE = "unreadable"
    WRONG_CURRENCY = "wrong-currency"
    UNFINISHED = "unfinished"
    """The cluster was busy with another operation until the function's timeout."""
    FAILED = "failed"
    RIGHTS = "rights"
    """Every permission was tested, and is there."""
    RIGHTS_MISSING = "rights-missing"
    """A permission is missing, or could not be tested: the guard could not act."""
    ASLEEP = "asleep"
    """The nodes are stopped, the rest is billed, and nothing will end that."""
    DELETION_ANNOUNCED = "deletion-announced"
    DELETION_BEGUN = "deletion-begun"
    DELETION_CONTINUES = "deletion-continues"
    DELETION_CANCELLED = "deletion-cancelled"
    DELETED = "deleted"


_NOW = (Event.SCALED_TO_ZERO, Event.SCALING_TO_ZERO)
_DAILY = (
    Event.ABOVE_SHARE,
    Event.TIME_IS_UP,
    Event.UNREADABLE,
    Event.WRONG_CURRENCY,
    Event.UNFINISHED,
    Event.FAILED,
    Event.RIGHTS_MISSING,
)
_SLEEP = (
    Event.ASLEEP,
    Event.DELETION_ANNOUNCED,
    Event.DELETION_BEGUN,
    Event.DELETION_CANCELLED,
    Event.DELETED,
)
_URGENCY = {**dict.fromkeys(_NOW, "now"), **dict.fromkeys(_DAILY, "daily"), **dict.fromkeys(_SLEEP, "sleep")}
_ERRORS = (Event.UNREADABLE, Event.WRONG_CURRENCY, Event.FAILED, Event.RIGHTS_MISSING)
_FILTER = 'resource.type="cloud_run_revision" AND jsonPayload.{field}="{value}"'

MAIL_NOW = _FILTER.format(field=MAIL_FIELD, value="now")
"""Logging filter of the entries that are mailed at once: nodes have been stopped."""
MAIL_DAILY = _FILTER.format(field=MAIL_FIELD, value="daily")
"""Logging filter of the entries that are mailed once a day: each budget message could bring another."""

MAIL_SLEEP = _FILTER.format(field=MAIL_FIELD, value="sleep")
"""Logging filter of the entries about a stack whose nodes are stopped: each text is mailed once a day at most."""


def log_event(event: Event, message: str, *, mail: bool = True, details: Mapping[str, object] | None = None) -> None:
    """Write one log entry, with `details` as more of its fields.

    `mail=False` keeps an event that is mailed otherwise from being mailed.
    """
    entry = {**(details or {}), "severity": _severity(event), "message": message, FIELD: event.value}
    if mail and event in _URGENCY:
        entry[MAIL_FIELD] = _URGENCY[event]
    # ASCII: a message may quote text that cannot be encoded (a lone surrogate), and logging it must not fail.
    # sys.stdout is looked up each time: the platform and tests replace it.
    sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()


def _severity(event: Event) -> str:
    if event in _ERRORS:
        return "ERROR"
    return "WARNING" if event in _URGENCY else "INFO"
