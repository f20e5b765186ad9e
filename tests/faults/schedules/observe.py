"""Reads what the stores and topics hold after a schedule."""

from hashlib import sha256
from typing import Any

from redis import Redis

from tests.faults.row_changes import TOPIC
from tests.faults.schedules.local_pipeline import LocalPipeline
from tests.faults.schedules.traffic_plan import SESSION, Row
from tests.faults.schedules.verify import Change, Letter, SentChange

LETTER_TOPICS = ("mysql-sink-dead-letters", "redis-sink-dead-letters")
TOPICS = (TOPIC, *LETTER_TOPICS)
_IMAGE_DATABASE = 1
_PREFIX = "__connect.errors."
_MORE = 2_000
"""Records read beyond those expected: repeated ones."""


def read_rows(pipeline: LocalPipeline) -> list[tuple[int, Row]]:
    """Return every row of gps_fixes; a row whose recorded_at is not its utime has None in its place."""
    with pipeline.admin.mysql() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT utime, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', recorded_at) = utime, "
            "fix_mode, satellites, latitude, longitude, altitude, track, speed FROM myDB.gps_fixes"
        )
        return [(row[0], row[2:] if row[1] else (None, *row[3:])) for row in cursor.fetchall()]  # pyright: ignore[reportReturnType]


def read_images(pipeline: LocalPipeline) -> list[tuple[str, str]]:
    """Return key and SHA-256 of every image of this run."""
    redis: Redis = pipeline.admin.redis(database=_IMAGE_DATABASE)
    with redis:
        keys: list[bytes] = sorted(set(redis.scan_iter(f"{SESSION}/*", count=1000)))
        values: list[bytes | None] = redis.mget(keys) if keys else []  # pyright: ignore[reportAssignmentType]
        return [(key.decode(), sha256(value or b"").hexdigest()) for key, value in zip(keys, values, strict=True)]


class TopicPositions:
    """Ends of the topics that a run reads, so that each schedule reads what is new."""

    def __init__(self, pipeline: LocalPipeline) -> None:
        self._pipeline = pipeline
        self._ends = {topic: self._newest(topic) + 1 for topic in TOPICS}

    def _newest(self, topic: str) -> int:
        return max((record["offset"] for record in self._pipeline.messages(topic, last=1)), default=-1)

    def read(self, topic: str, *, expected: int) -> list[dict[str, Any]]:
        """Return the records that have come since the last call, about `expected`."""
        first, last = self._ends[topic], expected + _MORE
        records = self._pipeline.messages(topic, last=last)
        while records and records[0]["offset"] > first and len(records) >= last:
            last *= 4
            records = self._pipeline.messages(topic, last=last)
        new = [record for record in records if record["offset"] >= first]
        self._ends[topic] = max((record["offset"] + 1 for record in new), default=first)
        return new


def sent_change(record: dict[str, Any]) -> SentChange:
    """Return a record of the change topic."""
    row, value = record["key"]["id"], record["value"]
    if value is None:
        return SentChange(row=row, change=None, position=(0, 0, 0))
    before, after = (value[side] and value[side]["satellites"] for side in ("before", "after"))
    source = value["source"]
    return SentChange(
        row=row,
        change=Change(row=row, before=before, after=after),
        position=(int(source["file"].rpartition(".")[2]), source["pos"], source["row"]),
    )


def letter(record: dict[str, Any]) -> Letter:
    """Return a record of a topic of dead letters."""
    headers = {name.removeprefix(_PREFIX): value for name, value in record["headers"].items()}
    return Letter(
        place=(headers["topic"], int(headers["partition"]), int(headers["offset"])),
        reason=headers["exception.message"],
    )
