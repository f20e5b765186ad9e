"""Progress of a connector: whether it has done work since `sluice up` began, which the state RUNNING does not show."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Protocol

import pymysql
from confluent_kafka import KafkaException

from producer.runtime.exit_status import SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.consumer_group import ConsumerGroup, Partition
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.mariadb import connect_as_root
from sluice.local.pipeline_spec import Connector
from sluice.sink_wait import find_wait

_POLL_SECONDS = 0.1
_BACKLOG_SECONDS = 5.0
"""Time that a sink has to write its whole backlog, s. After it, one commit in every partition is enough."""
_EVENT_SECONDS = 0.2
BinlogPosition = tuple[int, int]
"""A position in the binary log: number of the file, byte in it."""


class Progress(Protocol):
    """Work that a connector has to do before `sluice up` counts it as running."""

    def pending_step(self) -> str | None:
        """Return the next step, for `waiting for <connector> to <step>`; None when nothing is pending."""
        ...


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """Records that waited for a sink before its tasks started: committed and end offsets of its partitions."""

    committed: Mapping[Partition, int]
    ends: Mapping[Partition, int]

    @property
    def waiting(self) -> dict[Partition, int]:
        """Number of waiting records, by partition; only of partitions that had any."""
        left = {at: end - self.committed[at] for at, end in self.ends.items()}
        return {at: number for at, number in left.items() if number > 0}


def consumer_group_name(connector: Connector) -> str:
    """Return the name of a sink's consumer group."""
    return connector.config.get("consumer.override.group.id", f"connect-{connector.name}")


def read_backlog(group: ConsumerGroup, connector: Connector, *, seconds: float = 30) -> Backlog:
    """Read the backlog of a sink, again while a new topic has no leader; raises SluiceError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _backlog(group, connector)
        except KafkaException as error:
            if time.monotonic() > deadline:
                reason = error.args[0].str()
                raise SluiceError(
                    f"the backlog of {connector.name} cannot be read from the broker: {reason}"
                ) from error
        time.sleep(_POLL_SECONDS)


def _backlog(group: ConsumerGroup, connector: Connector) -> Backlog:
    offsets = group.offsets(group.partitions(connector.topics))
    committed = group.committed(offsets)
    return Backlog(
        committed={at: max(low, committed[at]) for at, (low, _) in offsets.items()},
        ends={at: high for at, (_, high) in offsets.items()},
    )


@dataclass(kw_only=True)
class SinkProgress:
    """Progress of a sink: done when its tasks have all partitions assigned and have written the backlog of each."""

    group: ConsumerGroup
    backlog: Backlog
    _assigned_at: float = field(default=0.0, init=False)
    _lowest: dict[Partition, int] = field(default_factory=dict, init=False)
    """Lowest offset seen of each partition: a sink goes back where its store has lost records."""

    def pending_step(self) -> str | None:
        """See Progress."""
        try:
            if not self._assigned_at:
                if not self._all_assigned():
                    return "be given the partitions of its topics"
                self._assigned_at = time.monotonic()
            return self._pending_records()
        except KafkaException as error:
            return f"be reported by the broker ({error.args[0].str()})"

    def _pending_records(self) -> str | None:
        waiting, ends = self.backlog.waiting, self.backlog.ends
        committed = self.group.committed(waiting)
        # Without a commit it is negative.
        now = {at: committed[at] if committed[at] >= 0 else self.backlog.committed[at] for at in waiting}
        self._lowest = {at: min(now[at], self._lowest.get(at, self.backlog.committed[at])) for at in waiting}
        left = sum(max(0, ends[at] - now[at]) for at in waiting)
        total = sum(ends[at] - self._lowest[at] for at in waiting)
        moved = all(now[at] > self._lowest[at] for at in waiting)
        if not left or (moved and time.monotonic() > self._assigned_at + _BACKLOG_SECONDS):
            return None
        wait = find_wait(self.group.metadata(waiting), now=datetime.now(UTC))
        reason = f" ({wait.reason})" if wait else ""
        return f"write the records that wait for it, {left:,} of {total:,}{reason}"

    def _all_assigned(self) -> bool:
        return self.backlog.ends.keys() <= self.group.assigned()


@dataclass(kw_only=True)
class SourceProgress:
    """Progress of a source that reads a binary log: done when it has read to `end`, where the log ended before.

    A source commits what it has read only at a later event, and on an idle database the next one is seconds away:
    `write_event`, which adds one to the log, is called every _EVENT_SECONDS while the source is behind.
    """

    connect: RestEndpoint
    connector: Connector
    end: BinlogPosition
    write_event: Callable[[], None]
    _next_event_at: float = field(default=0.0, init=False)

    def pending_step(self) -> str | None:
        """See Progress."""
        try:
            status, answer = request("GET", self.connect, f"/connectors/{self.connector.name}/offsets")
        except (OSError, HTTPException) as error:
            return f"be reported by Connect ({error})"
        if status != HTTPStatus.OK or not answer["offsets"]:
            return "read the table for the first time"
        at = _position(answer["offsets"][0]["offset"])
        if at is None or at >= self.end:
            return None
        now = time.monotonic()
        if now >= self._next_event_at:
            if self._next_event_at:
                self.write_event()
            self._next_event_at = now + _EVENT_SECONDS
        return f"read the binary log: it is at {_position_text(at)}, and the log ends at {_position_text(self.end)}"


def _position_text(at: BinlogPosition) -> str:
    return f"file {at[0]}, byte {at[1]:,}"


def _position(offset: Mapping[str, Any]) -> BinlogPosition | None:
    """Return the position in a source's offset; None for a source with another kind of offset."""
    file, position = offset.get("file"), offset.get("pos")
    return None if file is None or position is None else (_number(str(file)), int(position))


def _number(file: str) -> int:
    number = file.rpartition(".")[2]
    return int(number) if number.isdecimal() else 0


def write_binlog_event(instance: Instance) -> None:
    """Add an event to the binary log, the end of its file, if a source reads the log; until then one has no use.

    Does nothing where the database does not answer.
    """
    with suppress(pymysql.MySQLError), connect_as_root(instance) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM information_schema.processlist WHERE command = 'Binlog Dump'")
        if cursor.fetchone():
            cursor.execute("FLUSH BINARY LOGS")


def read_binlog_end(instance: Instance) -> BinlogPosition:
    """Return the end of the database's binary log, and start a new file of the log; raises SluiceError.

    The new file: a source commits that it has read an event only when it reads the next one.
    """
    try:
        with connect_as_root(instance) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW MASTER STATUS")
            row = cursor.fetchone()
            cursor.execute("FLUSH BINARY LOGS")
    except pymysql.MySQLError as error:
        raise SluiceError(f"the end of the database's binary log cannot be read: {error.args[-1]}") from error
    return (_number(str(row[0])), int(row[1])) if row else (0, 0)
