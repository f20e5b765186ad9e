"""A setting of a topic, as Kafka's DescribeConfigs answers it."""

from dataclasses import dataclass
from typing import Any

from confluent_kafka.admin import ConfigSource  # pyright: ignore[reportPrivateImportUsage]


@dataclass(frozen=True, kw_only=True)
class TopicSetting:
    """A setting of a topic."""

    name: str
    value: str | None
    default: str | None
    """Value that it would have without a setting of its own, where the broker says it."""
    own: bool
    """Whether it is set for this topic."""


def read_setting(entry: Any) -> TopicSetting:
    """Return a ConfigEntry of confluent-kafka; the value of a sensitive one is left out."""
    own = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    others = [other.value for other in entry.synonyms.values() if other.source != own]
    return TopicSetting(
        name=entry.name,
        value=None if entry.is_sensitive else entry.value,
        default=(others[0] if others else None) if entry.source == own else entry.value,
        own=entry.source == own,
    )
