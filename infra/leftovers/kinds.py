"""Kinds of resources that are searched for, in the order in which they can be removed."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.leftovers import compute_engine, image_and_file_stores, managed_services
from infra.leftovers.leftover import Leftovers
from infra.leftovers.search_context import SearchContext


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind: its names, the IAM roles to list and to remove it, and the function that finds it."""

    singular: str
    plural: str
    service: str
    viewer_role: str
    """Role that may list it."""
    remover_role: str
    """Role that may remove it."""
    find: Callable[[SearchContext], Leftovers]
    data_lost: str = ""
    """Data that is lost with it, for display; empty if it can be created again."""


def _of_compute(
    singular: str, plural: str, find: Callable[[SearchContext], Leftovers], *, remover: str, data_lost: str = ""
) -> Kind:
    return Kind(
        singular=singular,
        plural=plural,
        service=compute_engine.SERVICE,
        viewer_role="roles/compute.viewer",
        remover_role=f"roles/compute.{remover}",
        find=find,
        data_lost=data_lost,
    )


_COPIES = "these copies of data"
CLUSTER = Kind(
    singular="cluster",
    plural="clusters",
    service=managed_services.CLUSTERS,
    viewer_role="roles/container.clusterViewer",
    remover_role="roles/container.clusterAdmin",
    data_lost="everything that runs on it",
    find=managed_services.clusters,
)
KINDS = (
    CLUSTER,
    _of_compute("machine", "machines", compute_engine.instances, remover="instanceAdmin.v1"),
    _of_compute("NAT gateway", "NAT gateways", compute_engine.gateways, remover="networkAdmin"),
    _of_compute("forwarding rule", "forwarding rules", compute_engine.forwarding_rules, remover="networkAdmin"),
    _of_compute(
        "address", "addresses", compute_engine.addresses, remover="networkAdmin", data_lost="the addresses themselves"
    ),
    _of_compute("disk", "disks", compute_engine.disks, remover="storageAdmin", data_lost="all data on them"),
    _of_compute("snapshot", "snapshots", compute_engine.snapshots, remover="storageAdmin", data_lost=_COPIES),
    _of_compute("image of a disk", "images of disks", compute_engine.images, remover="storageAdmin", data_lost=_COPIES),
    Kind(
        singular="clock",
        plural="clocks",
        service=managed_services.CLOCKS,
        viewer_role="roles/cloudscheduler.viewer",
        remover_role="roles/cloudscheduler.admin",
        find=managed_services.clocks,
    ),
    Kind(
        singular="function",
        plural="functions",
        service=managed_services.FUNCTIONS,
        viewer_role="roles/cloudfunctions.viewer",
        remover_role="roles/cloudfunctions.developer",
        find=managed_services.functions,
    ),
    Kind(
        singular="alert",
        plural="alerts",
        service=managed_services.ALERTS,
        viewer_role="roles/monitoring.alertPolicyViewer",
        remover_role="roles/monitoring.alertPolicyEditor",
        find=managed_services.alerts,
    ),
    Kind(
        singular="image registry",
        plural="image registries",
        service=image_and_file_stores.REGISTRIES,
        viewer_role="roles/artifactregistry.reader",
        remover_role="roles/artifactregistry.admin",
        find=image_and_file_stores.registries,
    ),
    Kind(
        singular="bucket",
        plural="buckets",
        service=image_and_file_stores.BUCKETS,
        viewer_role="roles/storage.admin",
        remover_role="roles/storage.admin",
        data_lost="everything in them",
        find=image_and_file_stores.buckets,
    ),
    Kind(
        singular="log bucket",
        plural="log buckets",
        service=managed_services.LOGS,
        viewer_role="roles/logging.viewer",
        remover_role="roles/logging.configWriter",
        data_lost="the logs in them, after 7 days",
        find=managed_services.log_buckets,
    ),
)
