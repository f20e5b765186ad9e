"""Reconciles topics with k8s/, as Strimzi's topic operator does on a cluster."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
)

from sluice.local.drift import Drift, changed, compare_settings, kept, unresolved
from sluice.local.kafka_admin import TIMEOUT_SECONDS, wait_for_all
from sluice.local.pipeline_spec import Topic

Partitions = dict[int, Any]


def reconcile_topics(admin: AdminClient, topics: Iterable[Topic]) -> list[Drift]:
    """Create missing topics, add missing partitions and set the settings of existing topics; return the drifts.

    Topics that are not in `topics` stay: they hold data. Raises SluiceError where the broker refuses a change.
    """
    present = {name: topic.partitions for name, topic in admin.list_topics(timeout=TIMEOUT_SECONDS).topics.items()}
    topics = list(topics)
    new = [topic for topic in topics if topic.name not in present]
    old = [topic for topic in topics if topic.name in present]
    drifts = [*_create(admin, new), *_add_partitions(admin, old, present), *_apply_settings(admin, old)]
    return drifts + _unchangeable_differences(old, present)


def unknown_topics(admin: AdminClient, topics: Iterable[Topic]) -> list[Drift]:
    """Return each of the broker's topics that is not in `topics`; internal ones (`__…`) are left out."""
    known = {topic.name for topic in topics}
    names = sorted(admin.list_topics(timeout=TIMEOUT_SECONDS).topics)
    unknown = [name for name in names if name not in known and not name.startswith("__")]
    return [kept(f"topic {name} is not in k8s/: it stays, with its records") for name in unknown]


def _create(admin: AdminClient, topics: list[Topic]) -> list[Drift]:
    if topics:
        made = [NewTopic(topic.name, topic.partitions, topic.replicas, config=dict(topic.config)) for topic in topics]
        wait_for_all(admin.create_topics(made), lambda name: f"topic {name} cannot be created")
    return [changed(f"topic {topic.name} was missing and is created") for topic in topics]


def _add_partitions(admin: AdminClient, topics: list[Topic], present: dict[str, Partitions]) -> list[Drift]:
    grown = [topic for topic in topics if len(present[topic.name]) < topic.partitions]
    if grown:
        wait_for_all(
            admin.create_partitions([NewPartitions(topic.name, topic.partitions) for topic in grown]),
            lambda name: f"topic {name} cannot be given more partitions",
        )
    return [
        changed(f"topic {topic.name}: {topic.partitions} partitions (were {len(present[topic.name])})")
        for topic in grown
    ]


def _unchangeable_differences(topics: list[Topic], present: dict[str, Partitions]) -> list[Drift]:
    """Return differences that Kafka cannot change: too many partitions, another replication factor."""
    drifts: list[Drift] = []
    for topic in topics:
        partitions = present[topic.name]
        replicas = {len(partition.replicas) for partition in partitions.values()}
        if len(partitions) > topic.partitions:
            drifts.append(
                unresolved(
                    f"topic {topic.name} has {len(partitions)} partitions and k8s/ says {topic.partitions}; Kafka "
                    f"cannot remove any. Write partitions: {len(partitions)} in k8s/topics.yaml."
                )
            )
        if replicas != {topic.replicas}:
            drifts.append(
                unresolved(
                    f"topic {topic.name} has {max(replicas)} replicas and k8s/ says {topic.replicas}; there is one "
                    "broker here. Write replicas: 1 in k8s/topics.yaml; a cluster's profile has its own number."
                )
            )
    return drifts


def _apply_settings(admin: AdminClient, topics: list[Topic]) -> list[Drift]:
    if not topics:
        return []
    set_now = _settings(admin, topics)
    changes = {topic.name: dict(topic.config) for topic in topics if set_now[topic.name] != dict(topic.config)}
    if changes:
        wait_for_all(
            admin.incremental_alter_configs([_change(name, set_now[name], now) for name, now in changes.items()]),
            lambda resource: f"the settings of topic {resource.name} are refused",
        )
    return [drift for name, now in changes.items() for drift in compare_settings(f"topic {name}", set_now[name], now)]


def _settings(admin: AdminClient, topics: list[Topic]) -> dict[str, dict[str, str]]:
    """Return the settings of each topic itself, without defaults."""
    resources = [ConfigResource(ConfigResource.Type.TOPIC, topic.name) for topic in topics]
    answers = wait_for_all(
        admin.describe_configs(resources), lambda resource: f"the settings of topic {resource.name} cannot be read"
    )
    return {
        resource.name: {
            name: str(entry.value)
            for name, entry in entries.items()
            if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
        }
        for resource, entries in answers.items()
    }


def _change(name: str, before: dict[str, str], now: dict[str, str]) -> ConfigResource:
    kept = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in now.items()]
    nothing: Any = None
    dropped = [
        ConfigEntry(key, nothing, incremental_operation=AlterConfigOpType.DELETE) for key in before if key not in now
    ]
    return ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[*kept, *dropped])
