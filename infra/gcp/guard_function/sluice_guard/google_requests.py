"""HTTP client of Google's REST APIs for the guard and its commands.

Not infra/gcp/google_api.py: that uses the rest of the project, and this is deployed alone.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from typing import Any, cast

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from .environment import ApiUrls

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_POLL_SECONDS = 5
_FORBIDDEN, _NOT_FOUND, _CONFLICT, _TOO_MANY, _SERVER = 403, 404, 409, 429, 500


class ApiError(Exception):
    """A request that failed: refused, not answered, or not sent."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        temporary: bool = False,
        credentials: bool = False,
        damaged: bool = False,
    ) -> None:
        super().__init__(message)
        self.damaged = damaged
        """Whether the answer was there, but no JSON."""
        self.credentials = credentials
        """Whether it failed for lack of credentials, before it was sent."""
        self.not_found = status == _NOT_FOUND
        self.forbidden = status == _FORBIDDEN
        self.temporary = temporary
        """Whether the same request may succeed a little later."""


class OutOfTimeError(Exception):
    """A wait exceeded its limit; the message names what was waited for."""


class WaitLimit:
    """Limits the total time of waiting to `seconds`; tests replace `now` and `sleep`."""

    def __init__(
        self,
        seconds: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._now, self._sleep = now, sleep
        self._end = now() + seconds

    def pause(self, waiting_for: str) -> None:
        """Sleep for one polling interval; raises OutOfTimeError if that would exceed the limit."""
        if self._now() + _POLL_SECONDS > self._end:
            raise OutOfTimeError(waiting_for)
        self._sleep(_POLL_SECONDS)


class ApiClient:
    """Sends and receives JSON. A token is never sent over plain http, which only tests use."""

    def __init__(self, urls: ApiUrls, *, quota_project: str | None = None, call_seconds: float = 30) -> None:
        """Find credentials; raises ApiError if there are none.

        `call_seconds` is the timeout of one request.
        `quota_project` is for a user's credentials, which belong to no project; a service account that named its own
        would need one more permission for it.
        """
        self.urls = urls
        self._call_seconds = call_seconds
        self._session = _session(urls, quota_project=quota_project)

    def get(self, url: str) -> dict[str, Any]:
        """Send a GET; return the JSON response. Raises ApiError."""
        return self._send("GET", url, None)

    def pages(self, url: str) -> Iterator[dict[str, Any]]:
        """Send a GET for each page of a list; yield the JSON responses. Raises ApiError."""
        token = ""
        while True:
            page = self.get(f"{url}?pageToken={token}" if token else url)
            yield page
            token = page.get("nextPageToken", "")
            if not token:
                return

    def post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a POST with `body` as JSON; return the JSON response. Raises ApiError."""
        return self._send("POST", url, body)

    def patch(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a PATCH with the fields to change; return the JSON response. Raises ApiError."""
        return self._send("PATCH", url, body)

    def delete(self, url: str) -> dict[str, Any]:
        """Send a DELETE; return the JSON response, mostly an operation. Raises ApiError."""
        return self._send("DELETE", url, None)

    def _send(self, method: str, url: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._session.request(method, url, json=body, timeout=self._call_seconds)
            if not answer.ok:
                raise _refusal(method, url, answer)
            return _object(answer)
        except requests.JSONDecodeError as error:
            raise ApiError(f"{method} {url}: {error}", temporary=True, damaged=True) from error
        except (requests.RequestException, GoogleAuthError) as error:
            credentials = isinstance(error, GoogleAuthError)
            raise ApiError(f"{method} {url}: {error}", temporary=True, credentials=credentials) from error


def _session(urls: ApiUrls, *, quota_project: str | None) -> requests.Session:
    if not all(url.startswith("https://") for url in astuple(urls)):
        return requests.Session()
    try:
        credentials, _ = google.auth.default(scopes=_SCOPES, quota_project_id=quota_project)
    except GoogleAuthError as error:
        raise ApiError(f"there are no credentials: {error}", credentials=True) from error
    return AuthorizedSession(credentials)


def _object(answer: requests.Response) -> dict[str, Any]:
    value = answer.json()
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _refusal(method: str, url: str, answer: requests.Response) -> ApiError:
    try:
        error = _object(answer).get("error")
    except requests.RequestException:  # a page of a proxy
        error = None
    details = cast(dict[str, Any], error) if isinstance(error, dict) else {}
    # A cluster that is busy with another operation answers FAILED_PRECONDITION, with status 400.
    temporary = (
        answer.status_code in (_CONFLICT, _TOO_MANY)
        or answer.status_code >= _SERVER
        or details.get("status") == "FAILED_PRECONDITION"
    )
    reason = details.get("message") or answer.reason
    return ApiError(f"{method} {url}: {answer.status_code} {reason}", status=answer.status_code, temporary=temporary)
