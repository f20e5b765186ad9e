"""A Kubernetes API server as these tests speak to it: any kind of object, by its kind."""

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
"""API groups whose objects own others, which have to go with them."""


class ApiError(Exception):
    """The API server refused a request; `status` is HTTP's, the text is the server's own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Where the objects of one kind are."""

    prefix: str
    plural: str
    namespaced: bool

    def path(self, *, namespace: str | None, name: str | None = None) -> str:
        """Path of an object, or of all of them."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.prefix}{inside}/{self.plural}" + (f"/{name}" if name else "")


class Api:
    """An administrator's connection; safe to use from several threads."""

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
        """Send a request; raises ApiError, and urllib3's errors where nothing listens."""
        headers = {**self._headers, "Content-Type": content}
        # The client encodes JSON itself; what is applied is sent as the text it is.
        sent = json.dumps(body) if content == _APPLY else body
        response = self._client.rest_client.request(method, self.url + path, headers=headers, body=sent)
        text = response.read()
        if response.status >= 400:
            raise ApiError(response.status, _message(text))
        return json.loads(text)

    def ready(self) -> bool:
        """Whether the server answers and has started all that it consists of."""
        try:
            response = self._client.rest_client.request("GET", f"{self.url}/readyz", headers=self._headers)
        except Exception:  # whatever the connection says while the server starts
            return False
        return response.status == 200

    def kind(self, api_version: str, kind: str) -> Kind:
        """Where the objects of a kind are; raises ApiError where the server does not know it."""
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
        """Server-side apply under strict validation; `namespace` is for an object that names none."""
        metadata = body["metadata"]
        where = self.kind(body["apiVersion"], body["kind"])
        path = where.path(namespace=metadata.get("namespace", namespace), name=metadata["name"])
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        return self.request("PATCH", f"{path}?{urlencode(query)}", body, content=_APPLY)

    def create(self, body: Object, *, dry_run: bool = False) -> Object:
        """Create an object, which may leave its name to the server."""
        path = self.kind(body["apiVersion"], body["kind"]).path(namespace=body["metadata"].get("namespace"))
        return self.request("POST", path + "?fieldValidation=Strict" + ("&dryRun=All" if dry_run else ""), body)

    def read(self, api_version: str, kind: str, name: str, *, namespace: str | None = None) -> Object | None:
        """An object as the server has it; None where it is not there."""
        try:
            return self.request("GET", self.kind(api_version, kind).path(namespace=namespace, name=name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, *, namespace: str | None = None) -> list[Object]:
        """All objects of a kind, each with its apiVersion and kind, which a list leaves out."""
        items = self.request("GET", self.kind(api_version, kind).path(namespace=namespace))["items"]
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def delete(
        self, api_version: str, kind: str, name: str, *, namespace: str | None = None, seconds: float | None
    ) -> None:
        """Delete an object and wait until it is gone, with what it owns; raises ApiError where it stays.

        `seconds` is how long to wait; None for not at all.
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
    """What the server says of a refusal: a Status, or plain text where it does not know the path."""
    try:
        return json.loads(text)["message"]
    except (ValueError, KeyError):
        return text.decode(errors="replace").strip()
