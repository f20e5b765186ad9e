"""Asking one part of the pipeline over HTTP, and saying clearly when it does not answer."""

import json
import urllib.error
import urllib.request
from typing import Any

TIMEOUT = 3.0
"""Seconds a part is given to answer one question."""

# What is asked here is a neighbour, on loopback or inside the cluster: a proxy set for the way out to the
# internet would refuse it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class UnavailableError(Exception):
    """A part of the pipeline did not answer; the message says which, where and why."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        """HTTP status, where the part answered with an error."""


def get_json(url: str, *, part: str, timeout: float = TIMEOUT) -> Any:
    """What `url` answers. `part` names who is asked; raises SilentError in its name."""
    try:
        with _OPENER.open(url, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise UnavailableError(f"{part} at {url} answers {error.code} {error.reason}", code=error.code) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise UnavailableError(f"{part} at {url} does not answer: {reason}") from error
