"""Every kind of thing that is looked for, in the order in which they can be removed."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.leftovers import compute_engine, image_and_file_stores, managed_services
from infra.leftovers.leftover import Found
from infra.leftovers.search_context import Search


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
        service=compute_engine.SERVICE,
        sees="roles/compute.viewer",
        removes=f"roles/compute.{removes}",
        find=find,
        loses=loses,
    )


_COPIES = "the copies of data that they are"
CLUSTER = Kind(
    one="cluster",
    many="clusters",
    service=managed_services.CLUSTERS,
    sees="roles/container.clusterViewer",
    removes="roles/container.clusterAdmin",
    loses="everything that runs on it",
    find=managed_services.clusters,
)
KINDS = (
    CLUSTER,
    _of_compute("machine", "machines", compute_engine.instances, removes="instanceAdmin.v1"),
    _of_compute("NAT gateway", "NAT gateways", compute_engine.gateways, removes="networkAdmin"),
    _of_compute("forwarding rule", "forwarding rules", compute_engine.forwarding_rules, removes="networkAdmin"),
    _of_compute(
        "address", "addresses", compute_engine.addresses, removes="networkAdmin", loses="the addresses themselves"
    ),
    _of_compute("disk", "disks", compute_engine.disks, removes="storageAdmin", loses="all data on them"),
    _of_compute("snapshot", "snapshots", compute_engine.snapshots, removes="storageAdmin", loses=_COPIES),
    _of_compute("image of a disk", "images of disks", compute_engine.images, removes="storageAdmin", loses=_COPIES),
    Kind(
        one="clock",
        many="clocks",
        service=managed_services.CLOCKS,
        sees="roles/cloudscheduler.viewer",
        removes="roles/cloudscheduler.admin",
        find=managed_services.clocks,
    ),
    Kind(
        one="function",
        many="functions",
        service=managed_services.FUNCTIONS,
        sees="roles/cloudfunctions.viewer",
        removes="roles/cloudfunctions.developer",
        find=managed_services.functions,
    ),
    Kind(
        one="alert",
        many="alerts",
        service=managed_services.ALERTS,
        sees="roles/monitoring.alertPolicyViewer",
        removes="roles/monitoring.alertPolicyEditor",
        find=managed_services.alerts,
    ),
    Kind(
        one="image registry",
        many="image registries",
        service=image_and_file_stores.REGISTRIES,
        sees="roles/artifactregistry.reader",
        removes="roles/artifactregistry.admin",
        find=image_and_file_stores.registries,
    ),
    Kind(
        one="bucket",
        many="buckets",
        service=image_and_file_stores.BUCKETS,
        sees="roles/storage.admin",
        removes="roles/storage.admin",
        loses="everything in them",
        find=image_and_file_stores.buckets,
    ),
    Kind(
        one="log bucket",
        many="log buckets",
        service=managed_services.LOGS,
        sees="roles/logging.viewer",
        removes="roles/logging.configWriter",
        loses="the logs in them, after 7 days",
        find=managed_services.log_buckets,
    ),
)
