"""Client of a Kubernetes API server for objects of any kind."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from kubernetes import client

Object = dict[str, Any]

FIELD_MANAGER = "sluice-tests"
_APPLY = "application/apply-patch+yaml"
_OWNERS = {"apps", "batch"}
"""API groups whose objects own others, which must be deleted with them."""


class ApiError(Exception):
    """The API server rejected a request; `status` is the HTTP status, the text is the server's message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Kind:
    """REST path of the objects of one kind."""

    prefix: str
    plural: str
    namespaced: bool

    def path(self, *, namespace: str | None, name: str | None = None) -> str:
        """Return the path of an object, or of the list."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.prefix}{inside}/{self.plural}" + (f"/{name}" if name else "")


class Api:
    """An administrator's connection; thread-safe."""

    def __init__(self, *, url: str, authority: Path, token: str) -> None:
        settings = client.Configuration(host=url)
        settings.ssl_ca_cert = str(authority)
        settings.connection_pool_maxsize = 16
        settings.retries = False
        self.url = url
        self._client = client.ApiClient(settings)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._kinds: dict[tuple[str, str], Kind] = {}

    def request(self, method: str, path: str, body: object = None, *, content: str = "application/json") -> Object:
        """Send a request; raises ApiError, and urllib3's errors if nothing listens."""
        headers = {**self._headers, "Content-Type": content}
        # The client encodes JSON itself, but not for the content type of apply.
        sent = json.dumps(body) if content == _APPLY else body
        response = self._client.rest_client.request(method, self.url + path, headers=headers, body=sent)
        text = response.read()
        if response.status >= 400:
            raise ApiError(response.status, _message(text))
        return json.loads(text)

    def ready(self) -> bool:
        """Return whether the server is ready."""
        try:
            response = self._client.rest_client.request("GET", f"{self.url}/readyz", headers=self._headers)
        except Exception:  # any connection error while the server starts
            return False
        return response.status == 200

    def kind(self, api_version: str, kind: str) -> Kind:
        """Return the kind's path; raises ApiError if the server does not know the kind."""
        if (api_version, kind) not in self._kinds:
            self._discover(api_version)
        try:
            return self._kinds[api_version, kind]
        except KeyError:
            raise ApiError(404, f"the API server knows no {kind} of {api_version}") from None

    def _discover(self, api_version: str) -> None:
        prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        for entry in self.request("GET", prefix)["resources"]:
            if "/" not in entry["name"]:
                found = Kind(prefix=prefix, plural=entry["name"], namespaced=entry["namespaced"])
                self._kinds[api_version, entry["kind"]] = found

    def apply(self, body: Object, *, namespace: str | None = None, dry_run: bool = False) -> Object:
        """Apply an object server-side with strict validation; `namespace` is the default of its namespace."""
        metadata = body["metadata"]
        where = self.kind(body["apiVersion"], body["kind"])
        path = where.path(namespace=metadata.get("namespace", namespace), name=metadata["name"])
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        return self.request("PATCH", f"{path}?{urlencode(query)}", body, content=_APPLY)

    def create(self, body: Object, *, dry_run: bool = False) -> Object:
        """Create an object; it may have generateName instead of a name."""
        path = self.kind(body["apiVersion"], body["kind"]).path(namespace=body["metadata"].get("namespace"))
        return self.request("POST", path + "?fieldValidation=Strict" + ("&dryRun=All" if dry_run else ""), body)

    def read(self, api_version: str, kind: str, name: str, *, namespace: str | None = None) -> Object | None:
        """Return an object, or None if it does not exist."""
        try:
            return self.request("GET", self.kind(api_version, kind).path(namespace=namespace, name=name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, *, namespace: str | None = None) -> list[Object]:
        """Return all objects of a kind, with apiVersion and kind, which the server's list omits."""
        items = self.request("GET", self.kind(api_version, kind).path(namespace=namespace))["items"]
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def delete(
        self, api_version: str, kind: str, name: str, *, namespace: str | None = None, seconds: float | None
    ) -> None:
        """Delete an object and what it owns, and wait; raises ApiError if it is not gone after `seconds`.

        With `seconds` None it does not wait.
        """
        path = self.kind(api_version, kind).path(namespace=namespace, name=name)
        policy = "Foreground" if api_version.partition("/")[0] in _OWNERS else "Background"
        try:
            self.request("DELETE", path, {"propagationPolicy": policy})
        except ApiError as error:
            if error.status != 404:
                raise
        if seconds is None:
            return
        deadline = time.monotonic() + seconds
        while left := self.read(api_version, kind, name, namespace=namespace):
            if time.monotonic() > deadline:
                held = left["metadata"].get("finalizers") or left.get("status")
                raise ApiError(504, f"{kind} {name} is still there after {seconds:.0f} s, held by {held}")
            time.sleep(0.05)


def _message(text: bytes) -> str:
    """Return the error message: of a Status, or plain text for an unknown path."""
    try:
        return json.loads(text)["message"]
    except (ValueError, KeyError):
        return text.decode(errors="replace").strip()
