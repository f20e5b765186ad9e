"""A stack's settings outside Pulumi, and the shape that they give."""

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from infra.cost.billed_resources import BilledResources, Volume
from infra.cost.node_pool_sizes import DISK, fitted, nodes
from infra.cost.pod_requests import memory_mi, pods
from infra.cost.price_table import HOURS
from infra.settings.container_images import Images
from infra.settings.declared_settings import ROOT
from infra.settings.gcp_checks import ZONE
from infra.settings.gcp_settings import GcpSettings
from infra.settings.profiles import Profile, resolve_profile
from infra.settings.stack_settings import Settings, SettingsError
from infra.workloads.kafka_cluster import node_pool_manifests
from infra.workloads.workload_context import WorkloadContext
from producer.runtime.exit_status import Exit, SluiceError

_CLASSES = {"standard": "pd-standard", "standard-rwo": "pd-balanced", "premium-rwo": "pd-ssd"}
"""GKE's own storage classes, by the disks that they make."""
_PREFIX = "sluice:"
_MIB = Decimal(1024)
_IMAGES_GIB = 2
"""Our three images, and some that a newer one has replaced."""
_CALLS = HOURS * 7
"""Of the guard in a month: four an hour by its clock, three by the budget."""
_GUARD_ALERTS, _ALERTS = 2, 4
_SAMPLES = 1
"""Samples a second that Managed Prometheus takes: a few dozen series of Connect's, once a minute."""


def settings_of(stack: str, changes: Iterable[str] = (), *, root: Path = ROOT) -> Settings:
    """What Pulumi.<stack>.yaml says, with NAME=VALUE changed; raises SluiceError."""
    path = root / f"Pulumi.{stack}.yaml"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8")).get("config") or {}
    except OSError:
        names = ", ".join(sorted(file.name.split(".")[1] for file in root.glob("Pulumi.*.yaml")))
        raise SluiceError(f"there is no {path.name}; --stack takes one of: {names}", status=Exit.USAGE) from None
    except (yaml.YAMLError, AttributeError) as error:
        raise SluiceError(f"{path.name} cannot be read: {error}", status=Exit.USAGE) from None
    given = {str(name).removeprefix(_PREFIX): _text(value) for name, value in config.items() if _ours(str(name))}
    try:
        return Settings.parse({**given, **dict(map(_change, changes))})
    except SettingsError as error:
        raise SluiceError(str(error), status=Exit.USAGE) from None


def cloud_of(settings: Settings, stack: str) -> GcpSettings:
    """What a stack says of Google Cloud; raises SluiceError where it makes nothing there."""
    if settings.gcp is None:
        raise SluiceError(
            f"the stack {stack} makes nothing on Google Cloud: its gcp.project is not set. --stack gke does",
            status=Exit.USAGE,
        )
    return settings.gcp


def shape_of(settings: Settings, stack: str) -> BilledResources:
    """What of a stack is billed; raises SluiceError where it makes nothing on Google Cloud."""
    cloud, profile = cloud_of(settings, stack), resolve_profile(settings)
    in_dollars = cloud.budget.currency == "USD"
    context = _workload_context(settings, profile)
    found = fitted(cloud, pods(context, console=settings.console))
    return BilledResources(
        stack=stack,
        region=cloud.cluster.region,
        zonal=bool(ZONE.fullmatch(cloud.cluster.location)),
        nodes=tuple(nodes(cloud, found)),
        too_large=tuple(f"{pod.name} ({pod.cpu_m}m, {pod.memory_mi} MiB)" for pod in found.too_large),
        volumes=tuple(_volumes(context, _disk(settings, cloud))),
        nat=True,
        addresses=1,
        registry_gib=Decimal(_IMAGES_GIB),
        function_calls=_CALLS,
        clock_jobs=1,
        alerts=_GUARD_ALERTS + (_ALERTS if cloud.monitoring.enabled else 0),
        samples=_SAMPLES if cloud.monitoring.enabled else 0,
        stops=cloud.guard.mode == "scale-to-zero",
        ttl_hours=cloud.guard.ttl_hours,
        uncounted=tuple(_uncounted(cloud)),
        budget=Decimal(cloud.budget.amount) if in_dollars else None,
    )


def _ours(name: str) -> bool:
    return name.startswith(_PREFIX) or ":" not in name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _change(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SluiceError(f"--config takes NAME=VALUE, not {text!r}", status=Exit.USAGE)
    return name.removeprefix(_PREFIX), value


def _workload_context(settings: Settings, profile: Profile) -> WorkloadContext:
    return WorkloadContext(
        namespace=settings.cluster.namespace,
        images=Images(registry=None, overrides={}),
        profile=profile,
        storage_class=None,
    )


def _disk(settings: Settings, cloud: GcpSettings) -> str:
    """The disks of volumes; a class that is not known here has no price."""
    of = settings.cluster.storage_class
    return DISK if of in (None, cloud.cluster.name) else _CLASSES.get(of, f"class {of}")


def _uncounted(cloud: GcpSettings) -> Iterable[str]:
    if cloud.cluster.release_channel == "EXTENDED":
        yield "what the release channel EXTENDED costs an hour once a version's standard support is over"
    if cloud.cluster.secrets_key:
        yield "the key of gcp.secretsKey, which is not the stack's"


def _volumes(context: WorkloadContext, type_: str) -> Iterable[Volume]:
    profile = context.profile
    for pool in node_pool_manifests(context):
        (volume,) = pool["spec"]["storage"]["volumes"]
        count = pool["spec"]["replicas"]
        role = pool["metadata"]["name"] if profile.controllers else "node"
        yield Volume(name=f"Kafka's {role}", gib=_gib(volume["size"]) * count, type=type_)
    yield Volume(name="MySQL", gib=_gib(profile.mysql_storage), type=type_)
    yield Volume(name="Redis", gib=_gib(profile.redis_storage), type=type_)


def _gib(quantity: str) -> Decimal:
    return memory_mi(quantity) / _MIB
