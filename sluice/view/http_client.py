"""HTTP requests to a part of the pipeline, and UnavailableError for a part that does not answer."""

import json
import urllib.error
import urllib.request
from typing import Any

TIMEOUT = 3.0
"""Timeout of one request in seconds."""

# No proxy: the parts are on loopback or inside the cluster, which a proxy for the internet cannot reach.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class UnavailableError(Exception):
    """A part of the pipeline did not answer; the message names the part, its address and the reason."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        """HTTP status, if the part answered with an error."""


def get_json(url: str, *, part: str, timeout: float = TIMEOUT) -> Any:
    """Return the JSON at `url`; raises UnavailableError, whose message begins with `part`."""
    try:
        with _OPENER.open(url, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise UnavailableError(f"{part} at {url} answers {error.code} {error.reason}", code=error.code) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise UnavailableError(f"{part} at {url} does not answer: {reason}") from error
