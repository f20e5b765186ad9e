"""Whether a connector has done its work once since `sluice up` began: that its tasks say RUNNING does not tell."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Protocol

import pymysql
from confluent_kafka import KafkaException

from producer.runtime.exit_status import SluiceError
from sluice.local.consumer_group import ConsumerGroup, Partition
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.mariadb import connect_as_root
from sluice.local.pipeline_spec import Connector

_POLL_SECONDS = 0.1
_MOVED_SECONDS = 5.0
"""After this time a sink that is seen to move need not have come to the end of what waited for it."""
BinlogPosition = tuple[int, int]
"""A place in the binary log: the number of the file, the byte in it."""


class Progress(Protocol):
    """What a connector has yet to be seen to do."""

    def pending_step(self) -> str | None:
        """What is waited for, in the words of `waiting for <connector> to …`; None when it has been seen."""
        ...


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """The messages that waited for a sink before its tasks started."""

    committed: Mapping[Partition, int]
    ends: Mapping[Partition, int]

    @property
    def waiting(self) -> dict[Partition, int]:
        """How many messages waited in each partition that had any."""
        left = {at: end - self.committed[at] for at, end in self.ends.items()}
        return {at: number for at, number in left.items() if number > 0}


def consumer_group_name(connector: Connector) -> str:
    """The consumer group that a sink reads as."""
    return connector.config.get("consumer.override.group.id", f"connect-{connector.name}")


def read_backlog(group: ConsumerGroup, connector: Connector, *, seconds: float = 30) -> Backlog:
    """What waits for a sink now; asked again while the broker begins to lead a new topic, then raises SluiceError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _backlog(group, connector)
        except KafkaException as error:
            if time.monotonic() > deadline:
                why = error.args[0].str()
                raise SluiceError(f"the broker does not say what waits for {connector.name}: {why}") from error
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
    """A sink: its tasks have every partition, and have written of each what waited in it."""

    group: ConsumerGroup
    backlog: Backlog
    _assigned_at: float = field(default=0.0, init=False)

    def pending_step(self) -> str | None:
        """See Progress."""
        try:
            if not self._assigned_at:
                if not self._assigned():
                    return "be given the partitions of its topics"
                self._assigned_at = time.monotonic()
            return self._left()
        except KafkaException as error:
            return f"be told of by the broker ({error.args[0].str()})"

    def _left(self) -> str | None:
        waiting, ends, before = self.backlog.waiting, self.backlog.ends, self.backlog.committed
        now = self.group.committed(waiting)
        left = sum(max(0, ends[at] - max(now[at], before[at])) for at in waiting)
        moved = all(now[at] > before[at] for at in waiting)
        if not left or (moved and time.monotonic() > self._assigned_at + _MOVED_SECONDS):
            return None
        return f"write the messages that wait for it, {left:,} of {sum(waiting.values()):,}"

    def _assigned(self) -> bool:
        return self.backlog.ends.keys() <= self.group.assigned()


@dataclass(frozen=True, kw_only=True)
class SourceProgress:
    """A source that reads a binary log: it has come to where the log ended before."""

    url: str
    connector: Connector
    end: BinlogPosition

    def pending_step(self) -> str | None:
        """See Progress."""
        try:
            status, answer = request("GET", f"{self.url}/connectors/{self.connector.name}/offsets")
        except (OSError, HTTPException) as error:
            return f"be told of by Connect ({error})"
        if status != HTTPStatus.OK or not answer["offsets"]:
            return "read the table for the first time"
        at = _position(answer["offsets"][0]["offset"])
        if at is None or at >= self.end:
            return None
        return f"read the binary log: it is at {_position_text(at)}, and the log ends at {_position_text(self.end)}"


def _position_text(at: BinlogPosition) -> str:
    return f"file {at[0]}, byte {at[1]:,}"


def _position(offset: Mapping[str, Any]) -> BinlogPosition | None:
    """None for a source that keeps another kind of place."""
    file, position = offset.get("file"), offset.get("pos")
    return None if file is None or position is None else (_number(str(file)), int(position))


def _number(file: str) -> int:
    number = file.rpartition(".")[2]
    return int(number) if number.isdecimal() else 0


def read_binlog_end(instance: Instance) -> BinlogPosition:
    """Where the database's binary log ends now; raises SluiceError.

    The log goes on in a new file: a source says that it is past a statement only when the next event comes.
    """
    try:
        with connect_as_root(instance) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW MASTER STATUS")
            row = cursor.fetchone()
            cursor.execute("FLUSH BINARY LOGS")
    except pymysql.MySQLError as error:
        raise SluiceError(f"the database does not say where its binary log ends: {error.args[-1]}") from error
    return (_number(str(row[0])), int(row[1])) if row else (0, 0)
