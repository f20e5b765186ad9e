"""The clock: the time until which the nodes may run.

The time is in the body of the Scheduler job, which scripts/extend and scripts/wake change.
A job's body can be changed at any time; labels of the cluster could not while another operation runs.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast

from .budget_message import UnreadableError
from .google_requests import ApiClient, ApiError


@dataclass(frozen=True, kw_only=True)
class ClockSetting:
    """The time that scripts/extend or scripts/wake has set, if any; with `awake` the budget is ignored until then."""

    until: datetime | None
    awake: bool = False

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Parse the body of the Scheduler job's requests; raises UnreadableError."""
        try:
            data = json.loads(body or b"{}")
            if not isinstance(data, dict):
                raise UnreadableError("the clock's body is not a JSON object")
            return cls._of(cast(dict[str, Any], data))
        except (ValueError, OverflowError, RecursionError) as error:
            raise UnreadableError(f"the clock's body cannot be read: {error}") from error

    @classmethod
    def _of(cls, data: Mapping[str, Any]) -> Self:
        given = data.get("until")
        if given is None:
            return cls(until=None)
        until = datetime.fromisoformat(str(given))
        if until.tzinfo is None:
            raise ValueError(f"until is {given!r}, a time without its zone")
        return cls(until=until.astimezone(UTC), awake=data.get("awake") is True)

    @property
    def body(self) -> bytes:
        """The setting as a body for the Scheduler job."""
        if self.until is None:
            return b"{}"
        text = self.until.astimezone(UTC).isoformat(timespec="seconds")
        return json.dumps({"until": text, **({"awake": True} if self.awake else {})}).encode()

    def overrides_budget(self, now: datetime) -> bool:
        """Whether scripts/wake lets the nodes run now, whatever they cost."""
        return self.awake and self.until is not None and now < self.until

    def deadline(self, *, created: datetime, ttl: timedelta | None) -> datetime | None:
        """Return when a cluster's time is up; None for never.

        A time before the cluster was created was set for an earlier cluster, and does not count.
        """
        if self.until and self.until > created:
            return self.until
        return created + ttl if ttl else None


@dataclass(frozen=True, kw_only=True)
class SchedulerJob:
    """The Cloud Scheduler job that calls the guard; `name` is projects/P/locations/REGION/jobs/NAME."""

    api: ApiClient
    name: str

    @property
    def _url(self) -> str:
        return f"{self.api.urls.scheduler}/v1/{self.name}"

    def read(self) -> ClockSetting:
        """Read the setting from the job's body; raises ApiError, UnreadableError."""
        return _parse_job(self.api.get(self._url))

    def write(self, clock: ClockSetting) -> None:
        """Replace the job's body and nothing else; raises ApiError, also if the job is paused or disabled."""
        found = self.api.get(self._url)
        if (state := found.get("state")) in ("PAUSED", "DISABLED"):
            resume = f"gcloud scheduler jobs resume {self.name}"
            raise ApiError(f"the clock is {state.lower()} and would never stop the nodes: {resume}")
        body = base64.b64encode(clock.body).decode()
        self.api.patch(f"{self._url}?updateMask=httpTarget.body", {"name": self.name, "httpTarget": {"body": body}})


def _parse_job(job: Mapping[str, Any]) -> ClockSetting:
    try:
        return ClockSetting.from_body(base64.b64decode(job.get("httpTarget", {}).get("body", ""), validate=True))
    except binascii.Error as error:
        raise UnreadableError(f"the clock's body cannot be read: {error}") from error
