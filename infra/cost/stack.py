"""A stack's settings outside Pulumi, and the shape that they give."""

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from exits import Exit, SluiceError
from infra.cost.shape import Nodes, Shape, Volume
from infra.declared import ROOT
from infra.gcp.checks import PARTS, ZONE
from infra.gcp.node_pools import pools
from infra.gcp.settings import GcpSettings
from infra.images import Images
from infra.profiles import Profile, profile_of
from infra.settings import Settings, SettingsError
from infra.workloads.kafka import node_pools
from infra.workloads.site import Site

SAMPLE_PROJECT = "my-project"
"""What Pulumi.gke.yaml holds before anybody has put their own project there."""
DISK = "pd-balanced"
"""Of nodes and of volumes."""
_PREFIX = "sluice:"
_GIB = {"Mi": Decimal(1) / 1024, "Gi": Decimal(1), "Ti": Decimal(1024)}
_IMAGES_GIB = 2
"""Our three images, and some that a newer one has replaced."""
_CALLS = 30 * 24 * 7
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


def shape_of(settings: Settings, stack: str) -> Shape:
    """What of a stack is billed; raises SluiceError where it makes nothing on Google Cloud."""
    cloud, profile = cloud_of(settings, stack), profile_of(settings)
    in_dollars = cloud.budget.currency == "USD"
    kafka = profile.brokers + profile.controllers
    return Shape(
        stack=stack,
        region=cloud.place.region,
        zonal=bool(ZONE.fullmatch(cloud.place.location)),
        nodes=tuple(_nodes(cloud, profile, kafka)),
        volumes=tuple(_volumes(settings, profile)),
        nat=True,
        addresses=1,
        registry_gib=Decimal(_IMAGES_GIB),
        function_calls=_CALLS,
        clock_jobs=1,
        alerts=_GUARD_ALERTS + (_ALERTS if cloud.watch.enabled else 0),
        samples=_SAMPLES if cloud.watch.enabled else 0,
        stops=cloud.guard.mode == "scale-to-zero",
        ttl_hours=cloud.guard.ttl_hours,
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


def _nodes(cloud: GcpSettings, profile: Profile, kafka: int) -> Iterable[Nodes]:
    """Both pools, with what they cannot be without: a node for their parts, or one for each node of Kafka."""
    steady = cloud.nodes.on_demand_for
    apart = max(profile.brokers, profile.controllers) if kafka > 1 else 1
    for pool in pools(cloud.nodes):
        parts = set(PARTS) - steady if pool.spot else steady
        least = apart if "kafka" in parts else int(bool(parts))
        yield Nodes(
            name=pool.name,
            machine=cloud.nodes.machine_type,
            spot=pool.spot,
            low=min(max(pool.low, least), pool.high),
            high=pool.high,
            disk_gib=cloud.nodes.disk_gb,
            disk_type=DISK,
        )


def _volumes(settings: Settings, profile: Profile) -> Iterable[Volume]:
    site = Site(
        namespace=settings.cluster.namespace,
        images=Images(registry=None, overrides={}),
        profile=profile,
        storage_class=None,
    )
    for pool in node_pools(site):
        (volume,) = pool["spec"]["storage"]["volumes"]
        count = pool["spec"]["replicas"]
        role = pool["metadata"]["name"] if profile.controllers else "node"
        yield Volume(name=f"Kafka's {role}", gib=_gib(volume["size"]) * count, type=DISK)
    yield Volume(name="MySQL", gib=_gib(profile.mysql_storage), type=DISK)
    yield Volume(name="Redis", gib=_gib(profile.redis_storage), type=DISK)


def _gib(quantity: str) -> Decimal:
    return Decimal(quantity[:-2]) * _GIB[quantity[-2:]]
