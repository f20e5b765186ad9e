"""What the guard remembers of a stack whose nodes are stopped: a small JSON object in its own bucket.

Not in the Scheduler job's body: to write that, the guard would need the right to change every job of the project. Not
in the cluster's labels: they are gone with the cluster, while its disks are still to be deleted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

from .google_requests import ApiClient, ApiError

OBJECT = "state/sleep.json"
"""Name of the object; the guard's account may read and write no other."""
WARNING_TIMES = (timedelta(days=7), timedelta(days=1))
"""How long before the deletion each warning is sent, the earlier first."""
STALE = timedelta(days=2)
"""How long after the announced time the warnings still hold; later they are sent again."""


@dataclass(frozen=True, kw_only=True)
class SleepState:
    """A sleeping cluster, identified by the time of its creation, and how far it is on its way to deletion."""

    cluster: datetime
    stopped: datetime
    """When the guard first saw it without nodes."""
    due: datetime | None = None
    """The time of deletion for which the warnings below were sent."""
    week_warned: datetime | None = None
    day_warned: datetime | None = None
    deleting: datetime | None = None
    """When the deletion began; only what was created before is deleted."""
    deleted: datetime | None = None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self | None:
        """Parse the object's content; None if it holds no state, as after clear(). Raises ValueError, TypeError."""
        times = {name: _parse_time(text) for name, text in data.items() if text}
        return cls(**times) if times else None

    @property
    def content(self) -> dict[str, str]:
        """The object's content."""
        return {name: time.isoformat() for name, time in asdict(self).items() if time}

    def for_due(self, due: datetime, *, now: datetime) -> Self:
        """Return the state for a deletion at `due`, without warnings of another time, or of one long past.

        A clock that was paused for weeks must not delete before it has warned again.
        """
        stale = self.week_warned is not None and now > self.planned_deletion(due) + STALE
        if self.due == due and not stale:
            return self
        return replace(self, due=due, week_warned=None, day_warned=None)

    def planned_deletion(self, due: datetime) -> datetime:
        """Return the time of deletion: `due`, or later by as much as a warning was late."""
        for sent, before in zip((self.week_warned, self.day_warned), WARNING_TIMES, strict=True):
            if sent:
                due = max(due, sent + before)
        return due


def _parse_time(text: object) -> datetime:
    time = datetime.fromisoformat(str(text))
    if time.tzinfo is None:
        raise ValueError(f"{text} is a time without its zone")
    return time.astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class StateObject:
    """The object in the guard's bucket; its methods raise ApiError."""

    api: ApiClient
    bucket: str

    def read(self) -> SleepState | None:
        """Read the state; None if there is none. Raises ValueError, TypeError if it is not one."""
        try:
            return SleepState.parse(
                self.api.get(f"{self.api.urls.storage}/storage/v1/b/{self.bucket}/o/{quote(OBJECT, safe='')}?alt=media")
            )
        except ApiError as error:
            # Google answers 403 for a missing object to those who may not list a bucket. If the right to read it is
            # missing, so is that to write it, and then nothing is deleted.
            if error.not_found or error.forbidden:
                return None
            if error.damaged:
                raise ValueError(str(error)) from error
            raise

    def write(self, state: SleepState | None) -> None:
        """Replace the state; None for none."""
        name = quote(OBJECT, safe="")
        url = f"{self.api.urls.storage}/upload/storage/v1/b/{self.bucket}/o?uploadType=media&name={name}"
        self.api.post(url, state.content if state else {})
