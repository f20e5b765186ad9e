"""Stand-in of the APIs by which the guard is tested: a message or a call of the clock is answered in the log."""

import json
import re
from typing import Any

from infra.gcp.guard_permissions import END_PERMISSIONS, PERMISSIONS


class GuardStandIn:
    """A guard with every permission."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """Values of the messages that have asked for a test."""
        self.runs = 0
        self.refusal: dict[str, Any] | None = None
        """Google's answer to a message, with status 403; None where it is accepted."""

    def answer(self, path: str, body: bytes = b"") -> tuple[int, dict[str, Any]] | None:
        """Answer a request of a test with a status and JSON; None for every other request."""
        if path.endswith(":publish"):
            if self.refusal:
                return 403, self.refusal
            self.asked += [message["attributes"]["sluiceTest"] for message in json.loads(body)["messages"]]
            return 200, {"messageIds": ["1"]}
        if path.startswith("/cloudscheduler/"):
            self.runs += path.endswith(":run")
            return 200, {"state": "ENABLED"}
        return (200, self._entries(json.loads(body)["filter"])) if path == "/logging/v2/entries:list" else None

    def _entries(self, log_filter: str) -> dict[str, Any]:
        test = re.search(r'jsonPayload\.test="(\w+)"', log_filter)
        if not (test[1] in self.asked if test else self.runs):
            return {}
        return {"entries": [{"jsonPayload": {"granted": [*PERMISSIONS, *END_PERMISSIONS], "problems": []}}]}
