"""Stand-in for the random provider; supports passwords only."""

import secrets
import string
from importlib.metadata import version

from tests.cluster.provider_stand_in import ProviderError, StandIn, Values
from tests.cluster.pulumi_values import plain, secret

_PASSWORD = "random:index/randomPassword:RandomPassword"
_SETTINGS = {"length", "special", "overrideSpecial", "keepers"}
_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


class RandomStandIn(StandIn):
    """Creates passwords, marked as secret; any changed input replaces the password."""

    version = version("pulumi-random")

    def check(self, *, kind: str, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        if kind != _PASSWORD:
            raise ProviderError(f"the stand-in of the random provider makes no {kind}")
        if unknown := sorted({*news} - _SETTINGS):
            raise ProviderError(f"the stand-in of the random provider does not know {', '.join(unknown)}")
        return news

    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
        settings = plain(inputs)
        special = settings.get("overrideSpecial", _SPECIAL) if settings.get("special", True) else ""
        letters = string.ascii_letters + string.digits + special
        result = "".join(secrets.choice(letters) for _ in range(settings["length"]))
        return "none", {**inputs, "result": secret(result)}

    def read(self, *, kind: str, identity: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        return outputs, inputs  # it exists in Pulumi's state only

    def update(self, *, kind: str, identity: str, inputs: Values) -> Values:
        raise ProviderError("a random password is replaced, not changed")

    def delete(self, *, kind: str, identity: str, inputs: Values) -> None:
        return

    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        return True
