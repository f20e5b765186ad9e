"""Client of Google Cloud's REST APIs, with the credentials of the signed-in user or an API key."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError

from infra.gcp.google_session import authorized_session, session
from producer.runtime import tls_trust
from producer.runtime.exit_status import Exit, SluiceError

ENDPOINT = "SLUICE_GOOGLE_ENDPOINT"
"""Environment variable for tests: a URL of this machine in place of all of Google's, `URL/SERVICE` for each service.
No credentials are sent there."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
KEY = "GOOGLE_API_KEY"
"""Environment variable with an API key, for APIs that need no more."""
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_BUSY = (429, 500, 502, 503, 504)
_PAUSES = (1.0, 2.0, 4.0)
"""Seconds to wait before each retry."""
_TIMEOUT = 60.0
_TOKENS = "https://oauth2.googleapis.com"
PARTIAL = 206
"""HTTP status of an incomplete response."""
_MISSING = 404
_FORBIDDEN = 403
_UNKNOWN_CALLER = 401


class ApiError(SluiceError):
    """Google refused a call, or cannot be reached."""

    def __init__(
        self,
        message: str,
        *,
        code: int = 0,
        api_disabled: bool = False,
        billing_disabled: bool = False,
        role: str | None = None,
    ) -> None:
        super().__init__(message, status=Exit.UNAVAILABLE)
        self.code = code
        """The HTTP status; 0 without a response."""
        self.api_disabled = api_disabled
        """The API is not enabled in the project."""
        self.billing_disabled = billing_disabled
        """Billing of the project is off: a trial is over, or its billing account is closed or removed."""
        self.role = role
        """The missing IAM role, where the response names it."""

    @property
    def not_found(self) -> bool:
        """The resource does not exist."""
        return self.code == _MISSING

    @property
    def forbidden(self) -> bool:
        """A permission is missing."""
        return self.code == _FORBIDDEN and not self.api_disabled and not self.billing_disabled

    @property
    def affects_every_call(self) -> bool:
        """Every other call would fail too: nobody is signed in, or Google cannot be reached."""
        return self.code in (0, _UNKNOWN_CALLER)


class Google:
    """Client of Google's APIs, one per command: it holds the connections and the credentials."""

    def __init__(
        self, session: requests.Session, *, endpoint: str | None, key: str | None, sleep: Callable[[float], None]
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._headers = {"X-Goog-Api-Key": key} if key else {}
        self._sleep = sleep

    @classmethod
    def signed_in(
        cls,
        env: Mapping[str, str],
        *,
        project: str | None = None,
        key: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Return a client for the signed-in user, or with the API key `key`.

        Quota and enabled APIs are those of `project`; without it, those of a project of Google's, where most are off.
        Raises ApiError if nobody is signed in, SluiceError if the variable ENDPOINT is not on this machine.
        """
        endpoint = env.get(ENDPOINT, "").rstrip("/") or None
        if endpoint and urlsplit(endpoint).hostname not in _LOOPBACK:
            raise SluiceError(f"{ENDPOINT} is {endpoint}: it may only name this machine; unset it", status=Exit.USAGE)
        if endpoint or key:
            return cls(session(), endpoint=endpoint, key=key, sleep=sleep)
        try:
            credentials, _ = google.auth.default(scopes=[_SCOPE], quota_project_id=project)
        except GoogleAuthError as error:
            raise ApiError(f"not signed in to Google Cloud ({_first_sentence(error)}); {_SIGN_IN}") from None
        return cls(authorized_session(credentials), endpoint=None, key=None, sleep=sleep)

    def get(self, service: str, path: str, **parameters: str) -> dict[str, Any]:
        """GET https://SERVICE.googleapis.com/PATH with query parameters; return the JSON response. Raises ApiError."""
        return self._call("GET", service, path, parameters)

    def find(self, service: str, path: str) -> dict[str, Any] | None:
        """GET a resource; None if it does not exist. Raises ApiError."""
        try:
            return self.get(service, path)
        except ApiError as error:
            if not error.not_found:
                raise
            return None

    def post(self, service: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST `body` as JSON; return the JSON response. Raises ApiError."""
        return self._call("POST", service, path, {}, body)

    def delete(self, service: str, path: str) -> dict[str, Any]:
        """DELETE a resource; return the JSON response, often a running operation, or {} if the resource does not exist.

        Raises ApiError.
        """
        try:
            return self._call("DELETE", service, path, {})
        except ApiError as error:
            if not error.not_found:
                raise
            return {}

    def pages(self, service: str, path: str, **parameters: str) -> Iterator[dict[str, Any]]:
        """GET every page of a list; yield the JSON responses. Raises ApiError."""
        token = ""
        while True:
            page = self.get(service, path, **parameters, **({"pageToken": token} if token else {}))
            yield page
            token = page.get("nextPageToken", "")
            if not token:
                return

    def _call(
        self,
        method: str,
        service: str,
        path: str,
        parameters: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        base = f"{self._endpoint}/{service}" if self._endpoint else f"https://{service}.googleapis.com"
        url = f"{base}/{path}"
        answer = self._send(method, url, parameters, service, body)
        for pause in _PAUSES:
            if answer.status_code not in _BUSY:
                break
            self._sleep(pause)
            answer = self._send(method, url, parameters, service, body)
        if not answer.ok:
            raise _refusal(answer, service)
        try:
            return answer.json() if answer.content else {}
        except requests.JSONDecodeError:
            raise ApiError(
                f"{service} answered with something other than JSON ({path}); try again", code=answer.status_code
            ) from None

    def _send(
        self, method: str, url: str, parameters: Mapping[str, str], service: str, body: Mapping[str, Any] | None
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                url,
                params=dict(parameters),
                json=body,
                headers=self._headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except GoogleAuthError as error:
            if advice := tls_trust.explain_certificate_error(error, _TOKENS):
                raise ApiError(f"Google's sign-in cannot be reached. {advice}") from None
            raise ApiError(
                f"the sign-in to Google Cloud is no longer valid ({_first_sentence(error)}); {_SIGN_IN}"
            ) from None
        except requests.RequestException as error:
            advice = tls_trust.explain_certificate_error(error, url)
            why = f". {advice}" if advice else f" ({type(error).__name__}); check the network connection"
            raise ApiError(f"{service} cannot be reached{why}") from None


_SIGN_IN = "sign in: gcloud auth application-default login"


def _refusal(answer: requests.Response, service: str) -> ApiError:
    error = _error(answer)
    reason = str(error.get("message", answer.reason))
    reasons = {detail.get("reason") for detail in [*error.get("details", []), *error.get("errors", [])]}
    if {"SERVICE_DISABLED", "accessNotConfigured"} & reasons:
        return ApiError(f"the API {service} is not enabled in this project", code=answer.status_code, api_disabled=True)
    if "BILLING_DISABLED" in reasons:
        return ApiError(
            f"{service} needs billing, which is off for this project", code=answer.status_code, billing_disabled=True
        )
    if "USER_PROJECT_DENIED" in reasons:
        role = "roles/serviceusage.serviceUsageConsumer"
        return ApiError(f"{service} answers {answer.status_code}: {reason}", code=answer.status_code, role=role)
    if answer.status_code == _UNKNOWN_CALLER:
        return ApiError(f"{service} does not accept the credentials ({reason}); {_SIGN_IN}", code=answer.status_code)
    return ApiError(f"{service} answers {answer.status_code}: {reason}", code=answer.status_code)


def _error(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()["error"]
    except (requests.JSONDecodeError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _first_sentence(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
