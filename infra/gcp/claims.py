"""The resource that stands between the cluster and what runs on it: deleting it waits until no disk is left.

A dynamic resource and not a hook: a hook before a deletion needs `pulumi destroy --run-program`, Pulumi refuses a plain
destroy then, and a destroy that failed half-way can no longer run the program, whose inputs are gone. This one needs
its own inputs only, which the state holds. What runs is this module, found by its name: nothing of it is in the state.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from pulumi import CustomTimeouts, Input, Resource, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult
from pulumi.dynamic import Resource as DynamicResource

from infra.gcp.credentials import access_token
from infra.gcp.volumes import Api, gke_url, wait_for_disk_deletion

_WAIT_SECONDS = 900.0
_OWN = ("server", "authority", "project", "location", "cluster")


class ClaimsArgs(TypedDict):
    """Which cluster."""

    server: Input[str]
    authority: Input[str | None]
    project: Input[str]
    location: Input[str]
    cluster: Input[str]


class ClaimsProvider(ResourceProvider):
    """Makes nothing, and waits when it is to unmake it."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """There is nothing to make."""
        return CreateResult(id_=f"{props['project']}/{props['location']}/{props['cluster']}", outs=props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Whatever differs is written down: never is it made anew, which would wait for the disks in use."""
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in _OWN), replaces=[])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """The way in may change, from the DNS name to an address."""
        return UpdateResult(outs=_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Wait; raises VolumesLeftError, which keeps the cluster."""
        wait_for_disk_deletion(_api(_props).volumes, seconds=_WAIT_SECONDS)


def _api(props: Mapping[str, Any]) -> Api:
    return Api(
        server=props["server"],
        authority=props.get("authority"),
        cluster=gke_url(project=props["project"], location=props["location"], cluster=props["cluster"]),
        project=props["project"],
        token=access_token,
    )


class Claims(DynamicResource, module="sluice", name="Claims"):
    """What depends on it is gone, disks and all, before what it depends on goes."""

    def __init__(self, name: str, args: ClaimsArgs, *, parent: Resource | None, after: Sequence[Resource]) -> None:
        super().__init__(
            ClaimsProvider(),
            name,
            cast("dict[str, Any]", dict(args)),
            ResourceOptions(
                parent=parent,
                depends_on=after,
                custom_timeouts=CustomTimeouts(delete=f"{2 * _WAIT_SECONDS:.0f}s"),
            ),
        )
