"""Passwords: made once by Pulumi, kept in its encrypted state, given to pods as Secrets of fixed names."""

from collections.abc import Iterable, Mapping

from pulumi import Output, Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret
from pulumi_random import RandomPassword

from infra.workloads.workload_context import WorkloadContext

_LENGTH = 32


class Passwords:
    """A password for each user of one store, and the Secret that holds them as `<user>-password`."""

    def __init__(
        self, store: str, users: Iterable[str], *, context: WorkloadContext, parent: Resource, after: list[Resource]
    ) -> None:
        self.of: Mapping[str, Output[str]] = {
            user: RandomPassword(
                f"{store}-{user}",
                length=_LENGTH,
                # They go into SQL, URLs and configuration files.
                special=False,
                opts=ResourceOptions(parent=parent),
            ).result
            for user in users
        }
        self.secret = secret(
            store,
            {f"{user}-password": password for user, password in self.of.items()},
            context=context,
            component=store,
            parent=parent,
            after=after,
        )


def secret(
    name: str,
    data: Mapping[str, Output[str]],
    *,
    context: WorkloadContext,
    component: str,
    parent: Resource,
    after: list[Resource],
) -> Secret:
    """A Secret whose values are secret in Pulumi's state and output too."""
    return Secret(
        name,
        metadata=context.metadata(name, component),
        type="Opaque",
        string_data={key: Output.secret(value) for key, value in data.items()},
        opts=ResourceOptions(parent=parent, depends_on=after, additional_secret_outputs=["data", "stringData"]),
    )
