"""Records that the sinks must refuse: drawn, sent while faults are applied, and recorded with their places."""

import json
import math
import random
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from producer.gps import encode_row
from producer.gps.parse_row import GpsFix
from tests.faults.schedules.traffic import Traffic
from tests.faults.schedules.traffic_plan import FIRST_UTIME, ROW_COUNT, SESSION, utime
from tests.faults.schedules.verify import BadRecord

IMAGES = "images"
_UNKNOWN_ID = 2**31 - 1
_PARTITIONS = 4
_COUNT = 12
_FIRST = FIRST_UTIME - 1_000_000_000
"""No load writes these utimes: a bad record that arrived would be a row that no load wrote."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A bad record before it is sent."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    name: str
    reason: str


def draw_bad_records(generator: random.Random, *, header: bytes) -> list[Draft]:
    """Draw some records of each kind, into partitions in which rows flow."""
    drafts = [draft for _ in range(_COUNT // 4) for draft in _some_of_each(generator, header)]
    return generator.sample(drafts, _COUNT)


def _some_of_each(generator: random.Random, header: bytes) -> list[Draft]:
    at = _FIRST + generator.randrange(900_000_000)
    key = b"%d" % at
    right = _value(at, header)
    rows: list[tuple[str, bytes | None, bytes | None, str]] = [
        ("no key", None, right, "no key"),
        ("a key in another spelling", b"+" + key, right, "must be written"),
        ("a key that is text", b"not-a-number", right, "cannot hold"),
        ("a key out of range", b"9" * 23, right, "out of range"),
        ("a tombstone of nothing", b"nope", None, "cannot hold"),
        ("an empty value", key, b"", "empty"),
        ("a value cut short", key, right[:-10], "cut short"),
        ("bytes after the value", key, right + b"more", "follow the end"),
        ("an unknown schema", key, struct.pack(">bI", 0, _UNKNOWN_ID) + right[5:], "no schema with the id"),
        ("another time", key, _value(at + 5, header), "recorded_at is"),
        ("a value too large for its column", key, _value(at, header, fix_mode=300), "cannot hold 300"),
        ("a value that is no number", key, _value(at, header, latitude=math.nan), "cannot hold NaN"),
    ]
    # Between good records: into the partition of a utime that loads write.
    drafts = [
        Draft(
            topic=encode_row.TOPIC,
            partition=(utime(generator.randrange(ROW_COUNT)) >> 30) % _PARTITIONS,
            key=key,
            value=value,
            name=name,
            reason=reason,
        )
        for name, key, value, reason in rows
    ]
    image = Draft(
        topic=IMAGES,
        partition=generator.randrange(_PARTITIONS),
        key=None,
        value=f"{SESSION} {at}".encode(),
        name="an image without a key",
        reason="no key",
    )
    return [*drafts, image, image]


def _value(at: int, header: bytes, **other: float) -> bytes:
    values = {"fix_mode": 3, "satellites": 0, "latitude": 0.7, "longitude": -1.4, "altitude": 270.0} | other
    fix = GpsFix(utime=at, track=None, speed=None, **values)  # pyright: ignore[reportArgumentType]
    return encode_row.encode_value(fix, header=header)


class BadRecordTraffic(Traffic):
    """Sends bad records, in a thread."""

    def __init__(self, drafts: list[Draft], *, env: Mapping[str, str]) -> None:
        super().__init__("bad-records", unfinished="the bad records were not acknowledged")
        self.sent: list[BadRecord] = []
        self.unsure = False
        """Whether a record was sent of which the place is not known."""
        self._drafts, self._env = drafts, env
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start sending."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.schedules.send_records"],
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        super().start()

    def _cut_off(self) -> None:
        if self._process:
            self._process.kill()

    def _run(self) -> None:
        assert self._process
        lines = "".join(json.dumps(_as_object(draft)) + "\n" for draft in self._drafts)
        output, errors = self._process.communicate(lines.encode())
        if self._process.returncode:
            self.unsure = True
            self.problems.append(f"the bad records could not be sent: {errors.decode(errors='replace')[-400:]}")
            return
        for draft, place in zip(self._drafts, json.loads(output), strict=True):
            if place is None:
                self.unsure = True
                continue
            self.sent.append(
                BadRecord(
                    topic=draft.topic,
                    partition=place[0],
                    offset=place[1],
                    name=draft.name,
                    reason=draft.reason,
                )
            )


def _as_object(draft: Draft) -> dict[str, str | int | None]:
    return {
        "topic": draft.topic,
        "partition": draft.partition,
        "key": draft.key.hex() if draft.key is not None else None,
        "value": draft.value.hex() if draft.value is not None else None,
    }
