"""A resource between the cluster and what runs on it: its deletion waits until the cluster has no disks.

A dynamic resource and not a hook: a hook before a deletion needs `pulumi destroy --run-program`, Pulumi then refuses a
plain destroy, and a destroy that failed half-way can no longer run the program, whose inputs are gone. This one needs
its own inputs only, which are in the state. The state refers to the class ClaimsProvider by its module's name and holds
none of its code: the module, the class and the property names have to stay.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from pulumi import CustomTimeouts, Input, Resource, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.dynamic import Resource as DynamicResource

from infra.gcp.credentials import access_token
from infra.gcp.dynamic_provider import SentenceProvider
from infra.gcp.gke_clusters import ClusterName, cluster_status
from infra.gcp.google_api import ApiError, Google
from infra.gcp.volumes import Api, ClusterGoneError, wait_for_disk_deletion

_WAIT_SECONDS = 900.0
_OWN = ("server", "authority", "project", "location", "cluster")
_IDENTITY = ("project", "location", "cluster")


class ClaimsArgs(TypedDict):
    """The cluster: URL and CA certificate (base64 of PEM) of its API server, and its names in GKE."""

    server: Input[str]
    authority: Input[str | None]
    project: Input[str]
    location: Input[str]
    cluster: Input[str]


class ClaimsProvider(SentenceProvider):
    """Creates nothing; its deletion waits for the cluster's disks."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Store the properties."""
        return CreateResult(id_=f"{props['project']}/{props['location']}/{props['cluster']}", outs=props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """A difference is an update, never a replacement, which would wait for disks in use.

        Raises ClusterGoneError: Pulumi would report that all is unchanged, where nothing is left.
        """
        if all(_olds.get(name) == _news.get(name) for name in _IDENTITY):
            _require_cluster(_olds)
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in _OWN), replaces=[])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Store the new properties: the API server may change from a DNS name to an address."""
        return UpdateResult(outs=_news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the properties; raises ClusterGoneError, since a refresh fails then without saying what to do."""
        _require_cluster(props)
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Wait for the disks; raises VolumesLeftError, which stops the destroy before the cluster."""
        wait_for_disk_deletion(_api(_props).volumes, seconds=_WAIT_SECONDS)


def _require_cluster(props: Mapping[str, Any]) -> None:
    """Raise ClusterGoneError if GKE says that the cluster does not exist; without an answer do nothing."""
    try:
        exists = _exists(props)
    except ApiError:
        return
    if not exists:
        raise ClusterGoneError(
            f"the cluster {_name(props)} does not exist any more. Remove it from Pulumi's state: "
            "scripts/forget-cluster. Then: pulumi up --refresh (creates everything again), or pulumi destroy"
        )


def _exists(props: Mapping[str, Any]) -> bool:
    google = Google.signed_in(os.environ, project=props["project"])
    return cluster_status(google, _name(props)) is not None


def _name(props: Mapping[str, Any]) -> ClusterName:
    return ClusterName(project=props["project"], location=props["location"], cluster=props["cluster"])


def _api(props: Mapping[str, Any]) -> Api:
    return Api(
        server=props["server"],
        authority=props.get("authority"),
        token=access_token,
        exists=lambda: _exists(props),
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
