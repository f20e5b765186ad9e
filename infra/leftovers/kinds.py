"""Every kind of thing that is looked for, in the order in which they can be removed."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.leftovers import compute, services, stores
from infra.leftovers.items import Found
from infra.leftovers.search import Search


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind: its names, the roles that it takes, and how it is found."""

    one: str
    many: str
    service: str
    sees: str
    """Role that may list it."""
    removes: str
    """Role that may remove it."""
    find: Callable[[Search], Found]
    loses: str = ""
    """What is lost with it; empty for nothing that cannot be made again."""


def _of_compute(one: str, many: str, find: Callable[[Search], Found], *, removes: str, loses: str = "") -> Kind:
    return Kind(
        one=one,
        many=many,
        service=compute.SERVICE,
        sees="roles/compute.viewer",
        removes=f"roles/compute.{removes}",
        find=find,
        loses=loses,
    )


_COPIES = "the copies of data that they are"
CLUSTER = Kind(
    one="cluster",
    many="clusters",
    service=services.CLUSTERS,
    sees="roles/container.clusterViewer",
    removes="roles/container.clusterAdmin",
    loses="everything that runs on it",
    find=services.clusters,
)
KINDS = (
    CLUSTER,
    _of_compute("machine", "machines", compute.instances, removes="instanceAdmin.v1"),
    _of_compute("NAT gateway", "NAT gateways", compute.gateways, removes="networkAdmin"),
    _of_compute("forwarding rule", "forwarding rules", compute.forwarding_rules, removes="networkAdmin"),
    _of_compute("address", "addresses", compute.addresses, removes="networkAdmin", loses="the addresses themselves"),
    _of_compute("disk", "disks", compute.disks, removes="storageAdmin", loses="all data on them"),
    _of_compute("snapshot", "snapshots", compute.snapshots, removes="storageAdmin", loses=_COPIES),
    _of_compute("image of a disk", "images of disks", compute.images, removes="storageAdmin", loses=_COPIES),
    Kind(
        one="clock",
        many="clocks",
        service=services.CLOCKS,
        sees="roles/cloudscheduler.viewer",
        removes="roles/cloudscheduler.admin",
        find=services.clocks,
    ),
    Kind(
        one="function",
        many="functions",
        service=services.FUNCTIONS,
        sees="roles/cloudfunctions.viewer",
        removes="roles/cloudfunctions.developer",
        find=services.functions,
    ),
    Kind(
        one="alert",
        many="alerts",
        service=services.ALERTS,
        sees="roles/monitoring.alertPolicyViewer",
        removes="roles/monitoring.alertPolicyEditor",
        find=services.alerts,
    ),
    Kind(
        one="image registry",
        many="image registries",
        service=stores.REGISTRIES,
        sees="roles/artifactregistry.reader",
        removes="roles/artifactregistry.admin",
        find=stores.registries,
    ),
    Kind(
        one="bucket",
        many="buckets",
        service=stores.BUCKETS,
        sees="roles/storage.admin",
        removes="roles/storage.admin",
        loses="everything in them",
        find=stores.buckets,
    ),
    Kind(
        one="log bucket",
        many="log buckets",
        service=services.LOGS,
        sees="roles/logging.viewer",
        removes="roles/logging.configWriter",
        loses="the logs in them, after 7 days",
        find=services.log_buckets,
    ),
)
