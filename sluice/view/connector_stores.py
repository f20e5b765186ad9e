"""The stores that a connector writes or reads, from its settings: tables, and databases of Redis."""

import re
from collections.abc import Iterable, Iterator, Mapping

from sluice.view.store_status import DATABASE

REDIS_STORE = "Redis, database "
"""Begins the name of a store in Redis; its database's number follows."""
_TOPIC = "${topic}"


def stores_of(config: Mapping[str, str], *, kind: str, topics: Iterable[str]) -> tuple[str, ...]:
    """Return the stores that a connector with these settings names.

    `topics` are those that a sink reads. A table is `database.table`. Empty for a connector of another kind of store,
    and for a source of all tables.
    """
    found = _read_tables(config) if kind == "source" else _written_stores(config, topics)
    return tuple(dict.fromkeys(found))


def dead_letters_topic(config: Mapping[str, str]) -> str | None:
    """Return the topic into which a sink with these settings puts records that it cannot use."""
    return config.get("errors.deadletterqueue.topic.name") or None


def _read_tables(config: Mapping[str, str]) -> Iterator[str]:
    for pattern in config.get("table.include.list", "").split(","):
        if name := pattern.strip().replace("\\.", "."):
            yield name


def _written_stores(config: Mapping[str, str], topics: Iterable[str]) -> Iterator[str]:
    if "redis.host" in config:
        yield REDIS_STORE + config.get("redis.database", "0")
    if "connection.url" in config:
        fixed = config.get("table.name.format", _TOPIC)
        named = [_table(config, topic) for topic in topics] or ([] if _TOPIC in fixed else [fixed])
        yield from (table if "." in table else f"{DATABASE}.{table}" for table in named)


def _table(config: Mapping[str, str], topic: str) -> str:
    """Return the table of a topic, as `TopicTables.table()` of the MySQL sink does."""
    for rule in config.get("topic.to.table", "").split(","):
        pattern, _, table = rule.strip().rpartition(":")
        try:
            if pattern and (match := re.fullmatch(pattern, topic)):
                return match.expand(re.sub(r"\$(\d)", r"\\\1", table))
        except (re.error, IndexError):  # an expression that only Java knows
            continue
    return config.get("table.name.format", _TOPIC).replace(_TOPIC, topic)
