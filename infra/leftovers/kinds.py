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
    loses: str
    """What is lost with it; empty for nothing that cannot be made again."""
    find: Callable[[Search], Found]


_VIEWER = "roles/compute.viewer"
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
    Kind(
        one="machine",
        many="machines",
        service=compute.SERVICE,
        sees=_VIEWER,
        removes="roles/compute.instanceAdmin.v1",
        loses="",
        find=compute.instances,
    ),
    Kind(
        one="NAT gateway",
        many="NAT gateways",
        service=compute.SERVICE,
        sees=_VIEWER,
        removes="roles/compute.networkAdmin",
        loses="",
        find=compute.gateways,
    ),
    Kind(
        one="forwarding rule",
        many="forwarding rules",
        service=compute.SERVICE,
        sees=_VIEWER,
        removes="roles/compute.networkAdmin",
        loses="",
        find=compute.forwarding_rules,
    ),
    Kind(
        one="address",
        many="addresses",
        service=compute.SERVICE,
        sees=_VIEWER,
        removes="roles/compute.networkAdmin",
        loses="the addresses themselves",
        find=compute.addresses,
    ),
    Kind(
        one="disk",
        many="disks",
        service=compute.SERVICE,
        sees=_VIEWER,
        removes="roles/compute.storageAdmin",
        loses="all data on them",
        find=compute.disks,
    ),
    Kind(
        one="snapshot",
        many="snapshots",
        service=compute.SERVICE,
        sees=_VIEWER,
        removes="roles/compute.storageAdmin",
        loses="the copies of data that they are",
        find=compute.snapshots,
    ),
    Kind(
        one="image of a disk",
        many="images of disks",
        service=compute.SERVICE,
        sees=_VIEWER,
        removes="roles/compute.storageAdmin",
        loses="the copies of data that they are",
        find=compute.images,
    ),
    Kind(
        one="clock",
        many="clocks",
        service=services.CLOCKS,
        sees="roles/cloudscheduler.viewer",
        removes="roles/cloudscheduler.admin",
        loses="",
        find=services.clocks,
    ),
    Kind(
        one="function",
        many="functions",
        service=services.FUNCTIONS,
        sees="roles/cloudfunctions.viewer",
        removes="roles/cloudfunctions.developer",
        loses="",
        find=services.functions,
    ),
    Kind(
        one="alert",
        many="alerts",
        service=services.ALERTS,
        sees="roles/monitoring.alertPolicyViewer",
        removes="roles/monitoring.alertPolicyEditor",
        loses="",
        find=services.alerts,
    ),
    Kind(
        one="image registry",
        many="image registries",
        service=stores.REGISTRIES,
        sees="roles/artifactregistry.reader",
        removes="roles/artifactregistry.admin",
        loses="",
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
