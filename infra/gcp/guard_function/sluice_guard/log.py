"""What the guard says: lines of JSON that Google's logging reads, and the filters that make e-mail of some."""

import json
import sys
from enum import StrEnum

FIELD = "sluice_guard"
"""Names the event in jsonPayload."""
MAIL_FIELD = "sluice_guard_mail"
"""How soon a person is told of it: `now` or `daily`; absent where nobody needs to be."""


class Event(StrEnum):
    """What happened."""

    SCALED_TO_ZERO = "scaled-to-zero"
    SCALING_TO_ZERO = "scaling-to-zero"
    """Begun, and not over when the function's time was; the next call goes on."""
    ALREADY_ZERO = "already-zero"
    CLUSTER_GONE = "cluster-gone"
    BELOW_SHARE = "below-share"
    ABOVE_SHARE = "above-share"
    """Nothing was done about it: the mode is `notify` or `off`."""
    AWAKE = "awake"
    """Above the share, but scripts/wake has said until when the nodes may run."""
    NOT_YET = "not-yet"
    TIME_IS_UP = "time-is-up"
    """Nothing was done about it: the mode is `notify` or `off`."""
    STALE = "stale"
    UNREADABLE = "unreadable"
    WRONG_CURRENCY = "wrong-currency"
    UNFINISHED = "unfinished"
    """The cluster was busy with something else for as long as the function may run."""
    FAILED = "failed"


_NOW = (Event.SCALED_TO_ZERO, Event.SCALING_TO_ZERO)
_DAILY = (
    Event.ABOVE_SHARE,
    Event.TIME_IS_UP,
    Event.UNREADABLE,
    Event.WRONG_CURRENCY,
    Event.UNFINISHED,
    Event.FAILED,
)
_ERRORS = (Event.UNREADABLE, Event.WRONG_CURRENCY, Event.FAILED)
_FILTER = 'resource.type="cloud_run_revision" AND jsonPayload.{field}="{value}"'

MAIL_NOW = _FILTER.format(field=MAIL_FIELD, value="now")
"""Filter of the log entries that are mailed as they come: nodes have been stopped."""
MAIL_DAILY = _FILTER.format(field=MAIL_FIELD, value="daily")
"""Filter of those that are mailed once a day: each budget message could bring another."""


def say(event: Event, message: str, *, mail: bool = True) -> None:
    """Write one line; `mail` is False where nobody is to be told although the event is one to tell of."""
    entry = {"severity": _severity(event), "message": message, FIELD: event.value}
    if mail and event in (*_NOW, *_DAILY):
        entry[MAIL_FIELD] = "now" if event in _NOW else "daily"
    # ASCII: what a message quotes may be no text that can be written, and saying so must not fail. The stream is looked
    # up each time: the platform and tests put their own in its place.
    sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()


def _severity(event: Event) -> str:
    if event in _ERRORS:
        return "ERROR"
    return "WARNING" if event in (*_NOW, *_DAILY) else "INFO"
