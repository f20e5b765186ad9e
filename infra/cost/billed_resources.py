"""The resources of a stack that Google bills, counted from its settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from infra.cost.node_pool_sizes import DEFAULT_DISK_TYPE, BilledNodePool, count_nodes, size_node_pools
from infra.cost.pod_requests import parse_memory_mi, pipeline_pods
from infra.cost.price_table import HOURS_PER_MONTH
from infra.cost.stack_file import require_gcp_settings
from infra.settings.container_images import Images
from infra.settings.gcp_checks import ZONE
from infra.settings.gcp_settings import DEFAULT_CURRENCY, BudgetSettings, GcpSettings
from infra.settings.profiles import Profile, resolve_profile
from infra.settings.stack_settings import Settings
from infra.workloads.kafka_cluster import node_pool_manifests
from infra.workloads.workload_context import WorkloadContext

_DISK_TYPES = {"standard": "pd-standard", "standard-rwo": "pd-balanced", "premium-rwo": "pd-ssd"}
"""GKE's own storage classes, and the type of the disks that they create."""
_MIB_PER_GIB = Decimal(1024)
_REGISTRY_GIB = 2
"""Assumed: the project's three images, and some versions that newer ones have replaced."""
_GUARD_CALLS = HOURS_PER_MONTH * 7
"""Calls of the guard's functions per month: four an hour by the Scheduler job, three by the budget."""
_GUARD_ALERTS, _METRIC_ALERTS = 7, 4
_SAMPLES_PER_SECOND = 1
"""Ingested by Managed Prometheus: a few dozen series of Connect, once a minute."""


@dataclass(frozen=True, kw_only=True)
class BilledVolume:
    """One persistent volume, or several of one role together. Billed while the nodes are stopped, too."""

    name: str
    gib: Decimal
    type: str


@dataclass(frozen=True, kw_only=True)
class BilledResources:
    """What a stack is billed for."""

    stack: str
    region: str
    zonal: bool
    node_pools: tuple[BilledNodePool, ...]
    pods_too_large: tuple[str, ...]
    """Pods that fit on no node, each with its requests, for display."""
    volumes: tuple[BilledVolume, ...]
    nat: bool
    nat_addresses: int
    """External IP addresses of the NAT gateway."""
    registry_gib: Decimal
    guard_calls: int
    """Calls of the guard's functions per month."""
    scheduler_jobs: int
    alerting_policies: int
    """Alerting policies of one condition each."""
    samples_per_second: int
    """Metric samples that Managed Prometheus ingests while the nodes run."""
    guard_stops_nodes: bool
    """False where guard.mode only notifies, or is off."""
    ttl_hours: int
    """Hours after which the guard's clock stops the nodes; 0 for never."""
    delete_after_days: int
    """Days after the stop of the nodes at which the guard deletes the cluster, its disks and its NAT; 0 for never."""
    not_counted: tuple[str, ...]
    """Billed usage without a line in the estimate, for display."""
    budget_usd: Decimal | None
    """Dollars per month; None without a budget, or with one in another currency.

    A billing account of unknown currency counts as one in dollars.
    """
    guard_percent: int
    """Percentage of the budget above which the guard acts."""


def count_billed_resources(settings: Settings, stack: str) -> BilledResources:
    """Count what a stack is billed for; raises SluiceError if it creates nothing on Google Cloud."""
    gcp, profile = require_gcp_settings(settings, stack), resolve_profile(settings)
    context = _workload_context(settings, profile)
    pods = pipeline_pods(context)
    too_large = count_nodes(gcp, pods).too_large
    return BilledResources(
        stack=stack,
        region=gcp.cluster.region,
        zonal=bool(ZONE.fullmatch(gcp.cluster.location)),
        node_pools=tuple(size_node_pools(gcp, pods)),
        pods_too_large=tuple(f"{pod.name} ({pod.cpu_m}m, {pod.memory_mi} MiB)" for pod in too_large),
        volumes=tuple(_volumes(context, _volume_type(settings, gcp))),
        nat=True,
        nat_addresses=1,
        registry_gib=Decimal(_REGISTRY_GIB),
        guard_calls=_GUARD_CALLS,
        scheduler_jobs=1,
        alerting_policies=_GUARD_ALERTS + (_METRIC_ALERTS if gcp.monitoring.enabled else 0),
        samples_per_second=_SAMPLES_PER_SECOND if gcp.monitoring.enabled else 0,
        guard_stops_nodes=gcp.guard.mode == "scale-to-zero",
        ttl_hours=gcp.guard.ttl_hours,
        delete_after_days=0 if gcp.cluster.deletion_protection else gcp.guard.delete_after_days,
        not_counted=tuple(_not_counted(gcp)),
        budget_usd=_budget_usd(gcp.budget),
        guard_percent=gcp.guard.percent,
    )


def _workload_context(settings: Settings, profile: Profile) -> WorkloadContext:
    return WorkloadContext(
        namespace=settings.cluster.namespace,
        images=Images(registry=None, overrides={}),
        profile=profile,
        storage_class=None,
    )


def _volume_type(settings: Settings, gcp: GcpSettings) -> str:
    """Return the disk type of the volumes; a storage class that is not known here has no price."""
    storage_class = settings.cluster.storage_class
    if storage_class in (None, gcp.cluster.name):
        return DEFAULT_DISK_TYPE
    return _DISK_TYPES.get(storage_class, f"class {storage_class}")


def _budget_usd(budget: BudgetSettings) -> Decimal | None:
    in_dollars = (budget.currency or DEFAULT_CURRENCY) == DEFAULT_CURRENCY
    return Decimal(budget.amount) if in_dollars and not budget.allow_without else None


def _not_counted(gcp: GcpSettings) -> Iterable[str]:
    if gcp.cluster.release_channel == "EXTENDED":
        yield "the hourly fee of the release channel EXTENDED once a version's standard support is over"
    if gcp.cluster.secrets_key:
        yield "the key of gcp.secretsKey, which is not part of the stack"


def _volumes(context: WorkloadContext, disk_type: str) -> Iterable[BilledVolume]:
    profile = context.profile
    for pool in node_pool_manifests(context):
        (volume,) = pool["spec"]["storage"]["volumes"]
        count = pool["spec"]["replicas"]
        role = pool["metadata"]["name"] if profile.controllers else "node"
        yield BilledVolume(name=f"Kafka's {role}", gib=_gib(volume["size"]) * count, type=disk_type)
    yield BilledVolume(name="MySQL", gib=_gib(profile.mysql_storage), type=disk_type)
    yield BilledVolume(name="Redis", gib=_gib(profile.redis_storage), type=disk_type)


def _gib(quantity: str) -> Decimal:
    return parse_memory_mi(quantity) / _MIB_PER_GIB
