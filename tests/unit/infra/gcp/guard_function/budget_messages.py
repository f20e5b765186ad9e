"""Budget messages: whole requests, as Eventarc sends them to the function. recorded/README.md describes each."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

FOLDER = Path(__file__).with_name("recorded")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A request's headers and body."""

    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The budget's data in the message."""
        return json.loads(base64.b64decode(self.body["message"]["data"]))

    def later(self, by: timedelta) -> "Recording":
        """The same request, with every time in it, and in what it carries, so much later (to the second)."""
        body = json.loads(_later(json.dumps(self.body), by))
        if "data" in body["message"]:
            body["message"]["data"] = _later_inside(body["message"]["data"], by)
        return Recording(headers=json.loads(_later(json.dumps(self.headers), by)), body=body)


def recorded(name: str) -> Recording:
    """The request of that name."""
    return Recording(**json.loads((FOLDER / f"{name}.json").read_text()))


def _later_inside(data: str, by: timedelta) -> str:
    try:
        text = base64.b64decode(data, validate=True).decode()
    except ValueError:  # a broken one stays as it is
        return data
    return base64.b64encode(_later(text, by).encode()).decode()


def _later(text: str, by: timedelta) -> str:
    def moved(found: re.Match[str]) -> str:
        try:
            return (datetime.fromisoformat(found[0]) + by).isoformat(timespec="seconds")
        except OverflowError:
            return found[0]

    return _TIME.sub(moved, text)


BELOW = recorded("no-threshold").data
"""What comes several times a day although no threshold is crossed."""
ACTUAL = recorded("actual").data
FORECAST = recorded("forecast").data
BOTH = recorded("both").data
ABOVE_WITHOUT_THRESHOLD = recorded("above-without-threshold").data
"""A budget whose rules name other thresholds than the guard's share."""
LAST_MONTH = recorded("last-month").data


def event(data: object = None, *, raw: str | None = None, published: str | None = "2026-11-22T18:55:00.123Z") -> Any:
    """The data of a Pub/Sub event, as recorded, that carries another message."""
    body = cast(dict[str, Any], recorded("one-spelling-camel").body)
    message = body["message"] | {
        "data": raw if raw is not None else base64.b64encode(json.dumps(data).encode()).decode()
    }
    del message["publishTime"]
    return {**body, "message": message | ({"publishTime": published} if published else {})}
