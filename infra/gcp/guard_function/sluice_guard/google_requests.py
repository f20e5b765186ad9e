"""Requests to Google's APIs, and what their refusals mean."""

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from .environment import Apis

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_POLL_SECONDS = 5
_NOT_FOUND, _CONFLICT, _TOO_MANY, _SERVER = 404, 409, 429, 500


class ApiError(Exception):
    """A request that Google refused, did not answer or could not be asked."""

    def __init__(
        self, message: str, *, status: int | None = None, passing: bool = False, credentials: bool = False
    ) -> None:
        super().__init__(message)
        self.credentials = credentials
        """Whether it failed for want of credentials, before it was asked."""
        self.gone = status == _NOT_FOUND
        self.passing = passing
        """Whether the same request can succeed a little later."""


class OutOfTimeError(Exception):
    """What was waited for has not come in the time there was."""


class Patience:
    """How long a call may wait in all, in seconds; `now` and `sleep` are a clock's."""

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
        """Wait a little; raises OutOfTimeError where that would be too long."""
        if self._now() + _POLL_SECONDS > self._end:
            raise OutOfTimeError(waiting_for)
        self._sleep(_POLL_SECONDS)


class Api:
    """JSON in, JSON out. A token is never sent over plain http, which only tests use."""

    def __init__(self, apis: Apis, *, quota_project: str | None = None, call_seconds: float = 30) -> None:
        """Find credentials; raises ApiError where there are none.

        `call_seconds` is how long an answer may take.
        `quota_project` is for a person's credentials, which belong to no project; a service account that named its
        own would need one more right for it.
        """
        self.apis = apis
        self._call_seconds = call_seconds
        self._session = _session(apis, quota_project=quota_project)

    def get(self, url: str) -> dict[str, Any]:
        """Read; raises ApiError."""
        return self._ask("GET", url, None)

    def post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a change; raises ApiError."""
        return self._ask("POST", url, body)

    def patch(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields; raises ApiError."""
        return self._ask("PATCH", url, body)

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._session.request(method, url, json=body, timeout=self._call_seconds)
            if not answer.ok:
                raise _refusal(method, url, answer)
            return _object(answer)
        except (requests.RequestException, GoogleAuthError) as error:
            credentials = isinstance(error, GoogleAuthError)
            raise ApiError(f"{method} {url}: {error}", passing=True, credentials=credentials) from error


def _session(apis: Apis, *, quota_project: str | None) -> requests.Session:
    if not all(url.startswith("https://") for url in (apis.container, apis.compute, apis.scheduler)):
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
    # A cluster that is busy with another operation says FAILED_PRECONDITION, with status 400.
    passing = (
        answer.status_code in (_CONFLICT, _TOO_MANY)
        or answer.status_code >= _SERVER
        or details.get("status") == "FAILED_PRECONDITION"
    )
    reason = details.get("message") or answer.reason
    return ApiError(f"{method} {url}: {answer.status_code} {reason}", status=answer.status_code, passing=passing)
