"""What Pulumi's Kubernetes provider does while its cluster does not answer, for any stand-in of it.

As in its source (Configure, Read, Create, Update and Delete in provider.go): it cannot tell a cluster that is gone from
one that is out of reach.
"""

from typing import Any

from tests.cluster.kubernetes_stand_in import RELEASE
from tests.cluster.provider_stand_in import ProviderError, StandIn, Values
from tests.cluster.pulumi_values import plain

VARIABLE = "PULUMI_K8S_DELETE_UNREACHABLE"
UNREACHABLE = "configured Kubernetes cluster is unreachable"


class OutOfReach(StandIn):
    """Passes everything on to `inner` while `reachable` is true.

    `env` are the plugin's environment variables. Every provider of a program has to have the same `deleteUnreachable`,
    since a request does not name its provider.
    """

    def __init__(self, inner: StandIn) -> None:
        self.reachable, self.env = True, dict[str, str]()
        self.version = inner.version
        self._inner = inner
        self._settings: Values = {}

    def configured(self, settings: Values) -> None:
        self._settings = plain(settings)
        self._inner.configured(settings)

    def _drops_objects(self) -> bool:
        """Return whether objects are removed from the state; the provider's setting overrides the variable."""
        given = self._settings.get("deleteUnreachable", self.env.get(VARIABLE, False))
        return str(given).lower() == "true"

    def check(self, *, kind: str, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        return self._inner.check(kind=kind, name=name, news=news, olds=olds, seed=seed)

    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        return self._inner.replaces(kind=kind, path=path, inputs=inputs)

    def deletes_first(self, *, old: Values, new: Values) -> bool:
        return self._inner.deletes_first(old=old, new=new)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802 the protocol's name
        return self._inner.Invoke(request, context)

    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
        self._require_answer()
        return self._inner.create(kind=kind, name=name, inputs=inputs)

    def update(self, *, kind: str, identity: str, inputs: Values) -> Values:
        self._require_answer()
        return self._inner.update(kind=kind, identity=identity, inputs=inputs)

    def read(self, *, kind: str, identity: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        if self.reachable:
            return self._inner.read(kind=kind, identity=identity, inputs=inputs, outputs=outputs)
        if self._drops_objects():
            return None
        raise ProviderError(f"failed to read resource state due to unreachable cluster; see {VARIABLE}")

    def delete(self, *, kind: str, identity: str, inputs: Values) -> None:
        if self.reachable:
            self._inner.delete(kind=kind, identity=identity, inputs=inputs)
        elif kind == RELEASE:
            raise ProviderError("can't delete Helm Release with unreachable cluster")
        elif not self._drops_objects():
            raise ProviderError(f"{UNREACHABLE}; see {VARIABLE}")

    def _require_answer(self) -> None:
        if not self.reachable:
            raise ProviderError(UNREACHABLE)
