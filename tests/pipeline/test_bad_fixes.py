"""Records of gps-fixes that the table cannot hold become dead letters with a reason; all other records arrive."""

import struct
from dataclasses import dataclass
from math import inf, nan

import pytest

from producer.gps import encode_row
from producer.gps.parse_row import GpsFix
from producer.kafka.register_schema import register
from sluice.view.connector_status import fetch_connect_status
from sluice.view.endpoints import Endpoints
from sluice.view.store_status import connect_mysql
from tests.pipeline.dead_letter_reader import DeadLetterReader
from tests.pipeline.mysql_sinks import json_value
from tests.pipeline.redis_sinks import Key, Value, produce
from tests.run_sluice import wait_for

UNKNOWN_ID = 2**31 - 1
"""Largest possible schema id: the registry has none with it."""
FIRST_UTIME = 1_353_500_000_000_000
"""Of a time that no other test's log contains."""


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A record that must become a dead letter."""

    name: str
    key: Key
    value: Value
    reason: str
    """Text that the dead letter's reason must contain."""


def fix(utime: int, **other: float) -> GpsFix:
    values = {"fix_mode": 3, "satellites": 0, "latitude": 0.7, "longitude": -1.4, "altitude": 270.0} | other
    return GpsFix(utime=utime, track=None, speed=None, **values)  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def header(endpoints: Endpoints) -> bytes:
    return encode_row.encode_header(
        register(encode_row.schema_text(), subject=encode_row.SUBJECT, registry=endpoints.compatible_registry)
    )


def bad_records(utime: int, header: bytes) -> list[Bad]:
    """Return one bad record of each kind; they use `utime` to `utime` + 49."""

    def value(at: int, **other: float) -> bytes:
        return encode_row.encode_value(fix(at, **other), header=header)

    key, right = str(utime), value(utime)
    unknown = struct.pack(">bI", 0, UNKNOWN_ID) + right[len(header) :]
    return [
        Bad(name="no key", key=None, value=value(utime + 1), reason="no key"),
        Bad(name="text", key="not-a-number", value=value(utime + 2), reason='cannot hold "not-a-number"'),
        Bad(name="too large", key="9" * 23, value=value(utime + 3), reason="out of range"),
        Bad(name="fraction", key=f"{utime}.0", value=value(utime + 4), reason=f"must be written {utime}"),
        Bad(name="deletes nothing", key="nope", value=None, reason='cannot hold "nope"'),
        Bad(name="deletes who knows what", key=None, value=None, reason="no key"),
        Bad(name="JSON", key=key, value=b'{"recorded_at": 1}', reason="JSON"),
        Bad(name="JSON of others", key=key, value=json_value({"a": "int32"}, a=1), reason="no field recorded_at"),
        Bad(name="empty", key=key, value=b"", reason="empty"),
        Bad(name="without its five bytes", key=key, value=right[len(header) :], reason="not Avro"),
        Bad(name="of an unknown schema", key=key, value=unknown, reason=f"no schema with the id {UNKNOWN_ID}"),
        Bad(name="less than an id", key=key, value=right[:3], reason="3 bytes"),
        Bad(name="cut short", key=key, value=right[:-10], reason="cut short"),
        Bad(name="only the id", key=key, value=right[: len(header)], reason="cut short"),
        Bad(name="too long", key=key, value=right + b"more", reason="4 bytes follow the end"),
        Bad(name="of another time", key=key, value=value(utime + 5), reason=f"recorded_at is {utime + 5}"),
        Bad(name="mode", key=key, value=value(utime, fix_mode=300), reason="fix_mode (tinyint(4)) cannot hold 300"),
        Bad(name="NaN", key=key, value=value(utime, latitude=nan), reason="latitude (double) cannot hold NaN"),
        Bad(
            name="infinite",
            key=key,
            value=value(utime, altitude=-inf),
            reason="altitude (double) cannot hold -Infinity",
        ),
    ]


def stored(endpoints: Endpoints, first: int, last: int) -> list[int]:
    with connect_mysql(endpoints.mysql) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT utime FROM myDB.gps_fixes WHERE utime BETWEEN %s AND %s ORDER BY utime", (first, last))
        return [row[0] for row in cursor.fetchall()]


def states(endpoints: Endpoints) -> set[str]:
    (sink,) = [one for one in fetch_connect_status(*endpoints.connect).connectors if one.name == "mysql-sink"]
    return {sink.state, *(task.state for task in sink.tasks)}


def test_every_bad_record_is_a_dead_letter_with_its_reason_and_everything_good_arrives(
    endpoints: Endpoints, header: bytes
) -> None:
    utime = FIRST_UTIME
    bad = bad_records(utime, header)
    # Four good records before and after each bad one. All whose key is a utime of this minute share a partition.
    good = [utime + 1000 + number for number in range(4 * (len(bad) + 1))]
    records: list[tuple[Key, Value]] = [(str(utime), encode_row.encode_value(fix(utime), header=header))]
    for number, one in enumerate(bad):
        records += [
            (str(at), encode_row.encode_value(fix(at), header=header)) for at in good[4 * number : 4 * number + 4]
        ]
        records.append((one.key, one.value))
    records += [(str(at), encode_row.encode_value(fix(at), header=header)) for at in good[-4:]]
    letters = DeadLetterReader(endpoints, "mysql-sink-dead-letters")
    produce(endpoints, encode_row.TOPIC, records)

    wait_for(lambda: stored(endpoints, utime, good[-1]) == [utime, *good])
    found = {(letter.key, letter.value): letter for letter in letters.wait(lambda some: len(some) >= len(bad))}
    assert len(found) == len(bad), "each once"
    for one in bad:
        letter = found[one.key.encode() if isinstance(one.key, str) else one.key, one.value]
        assert one.reason in letter.reason, one.name
        assert letter.headers["connector.name"] == "mysql-sink", one.name
    assert states(endpoints) == {"RUNNING"}
    produce(endpoints, encode_row.TOPIC, [(str(at), None) for at in (utime, *good)])
    wait_for(lambda: stored(endpoints, utime, good[-1]) == [])
