"""The settings of a stack as frozen dataclasses; all mistakes in them are reported at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from infra.settings import gcp_checks, setting_checks
from infra.settings.declared_settings import Value, read_declarations
from infra.settings.gcp_settings import GcpSettings, gcp_settings
from infra.settings.setting_values import SettingValues, flatten, parse_values
from infra.settings.versions import IMAGES, OWN_IMAGES

_VALUE_CHECKS = {**setting_checks.VALUE_CHECKS, **gcp_checks.VALUE_CHECKS}
_COMBINATION_CHECKS = {**setting_checks.COMBINATION_CHECKS, **gcp_checks.COMBINATION_CHECKS}
DATA = "/data"
"""Where load.folder is mounted in a Job."""


class SettingsError(pulumi.RunError):
    """Every mistake in a stack's settings, each with its remedy."""


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """The Kubernetes cluster: kubeconfig context, namespace, storage class, API server."""

    context: str
    namespace: str
    storage_class: str | None
    api_server_cidrs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LoadSettings:
    """The load Job and the proof Job; there are none where `source` is None."""

    source: str | None
    kind: str
    options: tuple[str, ...]
    folder: str | None
    timeout_minutes: int
    prove: bool
    proof_options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SizeOverrides:
    """Sizes that replace the profile's; None keeps the profile's."""

    kafka_brokers: int | None
    kafka_storage: str | None
    mysql_storage: str | None
    redis_storage: str | None
    redis_maxmemory_mi: int | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of a stack."""

    profile: str
    cluster: ClusterSettings
    strimzi_chart: str
    image_registry: str | None
    image_overrides: Mapping[str, str]
    sizes: SizeOverrides
    load: LoadSettings
    gcp: GcpSettings | None
    """None for an existing cluster."""

    @classmethod
    def read_stack(cls) -> Self:
        """Read the settings of the stack that Pulumi runs; raises SettingsError that lists every mistake."""
        prefix = f"{pulumi.get_project()}:"
        given = {**get_config_env(), **CONFIG.get()}
        ours = {key.removeprefix(prefix): text for key, text in given.items() if key.startswith(prefix)}
        return cls.parse(ours, samples=gcp_checks.SAMPLE_VALUES)

    @classmethod
    def parse(cls, given: Mapping[str, str], *, samples: Mapping[str, object] = MappingProxyType({})) -> Self:
        """Parse and check settings (name -> text); raises SettingsError that lists every mistake.

        `samples` (name -> value) are placeholders that the user has to replace: each is a mistake.
        """
        declared = read_declarations()
        values, mistakes = parse_values(flatten(given, [*declared, *setting_checks.FORMER]), declared)
        mistakes += [
            mistake for name in values if (mistake := _mistake(name, values) or _sample(name, values, samples))
        ]
        if mistakes:
            lines = "".join(f"\n  {mistake}" for mistake in mistakes)
            raise SettingsError(f"{len(mistakes)} of the settings of this stack cannot be used:{lines}")
        return cls._of(SettingValues(values))

    @classmethod
    def _of(cls, values: SettingValues) -> Self:
        images = ((name, values.text(f"images.{name}")) for name in (*IMAGES, *OWN_IMAGES))
        gcp = gcp_settings(values)
        return cls(
            profile=values.text("profile") or "",
            cluster=_cluster(values, gcp),
            strimzi_chart=values.text("strimzi.chart") or "",
            image_registry=values.text("images.registry"),
            image_overrides={name: image for name, image in images if image},
            sizes=_sizes(values),
            load=_load(values),
            gcp=gcp,
        )


def _cluster(values: SettingValues, gcp: GcpSettings | None) -> ClusterSettings:
    return ClusterSettings(
        context=gcp.cluster.context if gcp else values.text("kubeContext") or "",
        namespace=values.text("namespace") or "",
        storage_class=values.text("kubernetes.storageClass") or (gcp and gcp.cluster.name),
        api_server_cidrs=values.texts("kubernetes.apiServerCidrs"),
    )


def _sizes(values: SettingValues) -> SizeOverrides:
    return SizeOverrides(
        kafka_brokers=values.number("kafka.brokers") or None,
        kafka_storage=values.text("kafka.storage"),
        mysql_storage=values.text("mysql.storage"),
        redis_storage=values.text("redis.storage"),
        redis_maxmemory_mi=values.number("redis.maxmemoryMi") or None,
    )


def _load(values: SettingValues) -> LoadSettings:
    return LoadSettings(
        source=values.text("load.source"),
        kind=values.text("load.kind") or "",
        options=values.texts("load.options"),
        folder=values.text("load.folder"),
        timeout_minutes=values.number("load.timeoutMinutes"),
        prove=values.flag("proof.enabled"),
        proof_options=values.texts("proof.options"),
    )


def _mistake(name: str, values: Mapping[str, Value]) -> str | None:
    """The error message for a value, with its remedy; None where it is right."""
    alone = _VALUE_CHECKS.get("images" if name.startswith("images.") else name)
    together = _COMBINATION_CHECKS.get(name)
    problem = (alone and alone(values[name])) or (together and together(values))
    return f"{name}: {problem}; {setting_checks.how_to_set(name)}" if problem else None


def _sample(name: str, values: Mapping[str, Value], samples: Mapping[str, object]) -> str | None:
    if name not in samples or values[name] != samples[name]:
        return None
    return f"{name}: it still has the example's value; replace it with your own; {setting_checks.how_to_set(name)}"
