"""Stand-in for the kubernetes provider: applies objects to an API server with strict validation.

It does not wait for readiness (there is no node and no operator) and renders no chart: for a Release it records the
values and installs Strimzi's CRDs.
"""

from importlib.metadata import version
from threading import Lock
from typing import Any

from tests.cluster.api_client import Api, ApiError
from tests.cluster.provider_stand_in import ProviderError, StandIn, Values
from tests.cluster.pulumi_values import marked_like, plain, restricted_to, suffix
from tests.cluster.replacement_rules import needs_replacement
from tests.cluster.strimzi_crds import install_definitions

RELEASE = "kubernetes:helm.sh/v3:Release"
SKIP = "pulumi.com/skipAwait"
"""Annotation of objects whose deletion is not waited for."""
_AUTONAMED = "pulumi.com/autonamed"
_DELETE_SECONDS = 60


class KubernetesStandIn(StandIn):
    """Records its calls: `releases` by name, `settings` of the program's providers, `deleted` in order."""

    version = version("pulumi-kubernetes")

    def __init__(self, api: Api, *, definitions: list[dict[str, Any]]) -> None:
        self.releases: dict[str, Values] = {}
        self.settings: list[Values] = []
        self.deleted: list[str] = []
        self._api = api
        self._definitions = definitions
        self._installing = Lock()

    def configured(self, settings: Values) -> None:
        self.settings.append(plain(settings))

    def _setting(self, name: str, default: Any) -> Any:
        """Return a setting if all providers of the program agree on it: a request does not name its provider."""
        found = [settings[name] for settings in self.settings if name in settings]
        return found[0] if found and all(value == found[0] for value in found) else default

    def check(self, *, kind: str, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        if kind == RELEASE:
            return {"name": name, **news}
        if not isinstance(news.get("kind"), str) or not isinstance(news.get("apiVersion"), str):
            raise ProviderError(f"the stand-in makes objects only; {kind} has no apiVersion and kind")
        if kind.endswith("Patch"):
            raise ProviderError(f"the stand-in patches no objects of others: {kind}")
        return {**news, "metadata": self._metadata(name, news, olds, seed)}

    def _metadata(self, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        metadata = dict(news.get("metadata") or {})
        if "name" not in metadata:
            before = olds.get("metadata") or {}
            own = before if _AUTONAMED in (before.get("annotations") or {}) else {"name": f"{name}-{suffix(seed)}"}
            annotations = {**(metadata.get("annotations") or {}), _AUTONAMED: "true"}
            metadata |= {"name": own["name"], "annotations": annotations}
        if "namespace" not in metadata and self._namespaced(news):
            metadata["namespace"] = self._setting("namespace", "default")
        return metadata

    def _namespaced(self, news: Values) -> bool:
        try:
            return self._api.kind(news["apiVersion"], news["kind"]).namespaced
        except ApiError:  # its CRD comes with a Release that is not created yet
            return True

    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
        if kind == RELEASE:
            return self._release(inputs)
        outputs = self._apply(inputs)
        return _identity(plain(inputs)), outputs

    def update(self, *, kind: str, identity: str, inputs: Values) -> Values:
        return self._release(inputs)[1] if kind == RELEASE else self._apply(inputs)

    def _apply(self, inputs: Values) -> Values:
        body = plain(inputs)
        try:
            return marked_like(_bare(self._api.apply(body)), inputs)
        except ApiError as error:
            raise ProviderError(f"{body['kind']} {_identity(body)}: {error}") from None

    def _release(self, inputs: Values) -> tuple[str, Values]:
        settings = plain(inputs)
        if "strimzi" not in str(settings.get("chart")):
            raise ProviderError(f"the stand-in knows Strimzi's chart only, not {settings.get('chart')}")
        with self._installing:
            install_definitions(self._api, self._definitions)
        namespace = settings.get("namespace", "default")
        self.releases[settings["name"]] = settings
        status = {
            "name": settings["name"],
            "namespace": namespace,
            "status": "deployed",
            "revision": 1,
        }
        return f"{namespace}/{settings['name']}", {**inputs, "status": status, "resourceNames": {}}

    def read(self, *, kind: str, identity: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        namespace, _, name = identity.rpartition("/")
        if kind == RELEASE:
            return (outputs, inputs) if name in self.releases else None
        given = inputs or outputs
        api_version, object_kind = (given.get("apiVersion"), given.get("kind")) if given else _of_token(kind)
        found = self._api.read(str(api_version), str(object_kind), name, namespace=namespace or None)
        if found is None:
            return None
        live = _bare(found)
        return marked_like(live, inputs), restricted_to({**live, **_written_only(plain(inputs))}, inputs)

    def delete(self, *, kind: str, identity: str, inputs: Values) -> None:
        if kind == RELEASE:
            self.releases.pop(plain(inputs)["name"], None)  # the CRDs stay, as with Helm
        else:
            self._remove(plain(inputs))
        self.deleted.append(f"{kind.rpartition(':')[2]} {identity}")

    def _remove(self, body: Values) -> None:
        metadata = body["metadata"]
        skips = (metadata.get("annotations") or {}).get(SKIP) == "true"
        try:
            self._api.delete(
                body["apiVersion"],
                body["kind"],
                metadata["name"],
                namespace=metadata.get("namespace"),
                seconds=None if skips else _DELETE_SECONDS,
            )
        except ApiError as error:
            raise ProviderError(f"{body['kind']} {_identity(body)}: {error}") from None

    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        if kind == RELEASE:
            return path in {"name", "namespace"}
        content = ("enableConfigMapMutable", "enableSecretMutable")
        return needs_replacement(inputs, path, settings={name: self._setting(name, False) for name in content})

    def deletes_first(self, *, old: Values, new: Values) -> bool:
        # Two objects of one name cannot exist at the same time.
        if "kind" not in new:
            return False
        return _identity(old) == _identity(new) and old["kind"] == new["kind"]


def _identity(body: Values) -> str:
    metadata = body["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if "namespace" in metadata else metadata["name"]


def _bare(live: Values) -> Values:
    """Return an object without managedFields."""
    return {**live, "metadata": {name: value for name, value in live["metadata"].items() if name != "managedFields"}}


def _written_only(inputs: Values) -> Values:
    """Return the inputs that the API server accepts but never returns."""
    return {name: inputs[name] for name in ("stringData",) if name in inputs}


def _of_token(kind: str) -> tuple[str, str]:
    """Return apiVersion and kind of a resource type such as kubernetes:core/v1:Secret."""
    _, module, name = kind.split(":")
    return module.removeprefix("core/"), name
