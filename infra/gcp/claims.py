"""A resource between the cluster and what runs on it: its deletion waits until the cluster has no disks.

A dynamic resource and not a hook: a hook before a deletion needs `pulumi destroy --run-program`, Pulumi then refuses a
plain destroy, and a destroy that failed half-way can no longer run the program, whose inputs are gone. This one needs
its own inputs only, which are in the state. The state refers to the class ClaimsProvider by its module's name and holds
none of its code: the module, the class and the property names have to stay.
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
    """The cluster: URL and CA certificate (base64 of PEM) of its API server, and its names in GKE."""

    server: Input[str]
    authority: Input[str | None]
    project: Input[str]
    location: Input[str]
    cluster: Input[str]


class ClaimsProvider(ResourceProvider):
    """Creates nothing; its deletion waits for the cluster's disks."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Store the properties."""
        return CreateResult(id_=f"{props['project']}/{props['location']}/{props['cluster']}", outs=props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """A difference is an update, never a replacement, which would wait for disks in use."""
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in _OWN), replaces=[])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Store the new properties: the API server may change from a DNS name to an address."""
        return UpdateResult(outs=_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Wait for the disks; raises VolumesLeftError, which stops the destroy before the cluster."""
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
    """Its dependents are deleted, with their disks, before what it depends on."""

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
