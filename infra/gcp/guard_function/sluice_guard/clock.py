"""Until when the nodes may run: kept in the body of the Scheduler job, which scripts/extend and scripts/wake change.

A job's body can be changed at any time; the cluster's own labels could not while another operation is under way.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast

from .budget_message import UnreadableError
from .google_requests import Api, ApiError


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What a person has set: nothing, a time, or a time until which a used-up budget is no reason to stop either."""

    until: datetime | None
    awake: bool = False

    @classmethod
    def of_body(cls, body: bytes) -> Self:
        """Read the body of a tick; raises UnreadableError."""
        try:
            data = json.loads(body or b"{}")
            if not isinstance(data, dict):
                raise UnreadableError("the clock's body is no JSON object")
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
        """What a tick carries."""
        if self.until is None:
            return b"{}"
        text = self.until.astimezone(UTC).isoformat(timespec="seconds")
        return json.dumps({"until": text, **({"awake": True} if self.awake else {})}).encode()

    def overrides_budget(self, now: datetime) -> bool:
        """Whether scripts/wake has said that the nodes may run now whatever they cost."""
        return self.awake and self.until is not None and now < self.until

    def deadline(self, *, created: datetime, ttl: timedelta | None) -> datetime | None:
        """When a cluster's time is up; None for never. A time set before it was made was another cluster's."""
        if self.until and self.until > created:
            return self.until
        return created + ttl if ttl else None


@dataclass(frozen=True, kw_only=True)
class Job:
    """The Scheduler job that ticks."""

    api: Api
    name: str

    @property
    def _url(self) -> str:
        return f"{self.api.apis.scheduler}/v1/{self.name}"

    def read(self) -> Clock:
        """What its body says; raises ApiError, and UnreadableError."""
        return _clock(self.api.get(self._url))

    def write(self, clock: Clock) -> None:
        """Replace its body and nothing else; raises ApiError, also where it is paused, or Google has disabled it."""
        found = self.api.get(self._url)
        if (state := found.get("state")) in ("PAUSED", "DISABLED"):
            resume = f"gcloud scheduler jobs resume {self.name}"
            raise ApiError(f"the clock is {state.lower()} and would never stop the nodes: {resume}")
        body = base64.b64encode(clock.body).decode()
        self.api.patch(f"{self._url}?updateMask=httpTarget.body", {"name": self.name, "httpTarget": {"body": body}})


def _clock(job: Mapping[str, Any]) -> Clock:
    try:
        return Clock.of_body(base64.b64decode(job.get("httpTarget", {}).get("body", ""), validate=True))
    except binascii.Error as error:
        raise UnreadableError(f"the clock's body cannot be read: {error}") from error
