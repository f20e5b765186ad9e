"""Budget messages: Google publishes them several times a day, whether or not a threshold is crossed."""

import base64
import calendar
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, cast

_VERSION = "1.0"
_MAX_AGE = timedelta(hours=6)
"""Newer messages have come by then: one that still fails is dropped, rather than delivered again for ever."""


class UnreadableError(Exception):
    """A message that is not a valid budget message; delivering it again would not help."""


@dataclass(frozen=True, kw_only=True)
class BudgetMessage:
    """A budget and the cost so far; both amounts are in `currency`."""

    budget_name: str
    cost: float
    budget: float
    currency: str
    interval_start: datetime
    interval_end: datetime
    actual_threshold: float | None
    forecast_threshold: float | None
    published: datetime | None

    @property
    def share(self) -> float:
        """Cost so far as a share of the budget (1.0: all of it). The forecast does not count: it has not been spent."""
        return self.cost / self.budget

    @classmethod
    def from_event(cls, event: object) -> Self:
        """Parse the data of a Pub/Sub event; raises UnreadableError."""
        try:
            return cls._of_event(event)
        except (ValueError, OverflowError, RecursionError) as error:  # numbers and times out of range
            raise UnreadableError(f"a number or time is out of range: {error}") from error

    @classmethod
    def _of_event(cls, event: object) -> Self:
        message = _mapping(_mapping(event, "the event").get("message"), "the event's `message`")
        version = _mapping(message.get("attributes") or {}, "`attributes`").get("schemaVersion", _VERSION)
        if version != _VERSION:
            raise UnreadableError(f"its schemaVersion is {version!r}; this guard reads {_VERSION}")
        published = message.get("publishTime", message.get("publish_time"))
        return cls._of(_decoded(message.get("data")), published=_time(published, "publishTime") if published else None)

    @classmethod
    def _of(cls, data: Mapping[str, Any], *, published: datetime | None) -> Self:
        budget = _amount(data, "budgetAmount")
        if budget <= 0:
            raise UnreadableError("budgetAmount is 0, so that no share of it can be computed")
        start = _time(_text(data, "costIntervalStart"), "costIntervalStart")
        return cls(
            budget_name=str(data.get("budgetDisplayName", "")),
            cost=_amount(data, "costAmount"),
            budget=budget,
            currency=_text(data, "currencyCode"),
            interval_start=start,
            interval_end=_add_month(start),
            actual_threshold=_threshold(data, "alertThresholdExceeded"),
            forecast_threshold=_threshold(data, "forecastThresholdExceeded"),
            published=published,
        )

    def stale_reason(self, now: datetime) -> str | None:
        """Return why this message is out of date; None if it is not."""
        if now >= self.interval_end:
            return f"it is about the month from {self.interval_start:%Y-%m-%d}, which is over"
        if self.published and now - self.published > _MAX_AGE:
            return f"it was published at {self.published:%Y-%m-%d %H:%M} UTC; newer ones have come since"
        return None


def _decoded(data: object) -> Mapping[str, Any]:
    if not isinstance(data, str):
        raise UnreadableError("it has no data")
    try:
        return _mapping(json.loads(base64.b64decode(data, validate=True)), "its data")
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"its data are not JSON in base64: {error}") from error


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{name} is not a JSON object")
    return cast(Mapping[str, Any], value)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{name} is {value!r}, not a text")
    return value


def _amount(data: Mapping[str, Any], name: str) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnreadableError(f"{name} is {value!r}, not a number")
    return float(value)


def _threshold(data: Mapping[str, Any], name: str) -> float | None:
    return _amount(data, name) if data.get(name) is not None else None


def _time(value: object, name: str) -> datetime:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise UnreadableError(f"{name} is {value!r}, not a time") from error
    if time.tzinfo is None:
        raise UnreadableError(f"{name} is {value!r}, a time without its zone")
    return time


def _add_month(start: datetime) -> datetime:
    year, month = (start.year + 1, 1) if start.month == 12 else (start.year, start.month + 1)  # noqa: PLR2004
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))
