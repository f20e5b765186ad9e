"""What the map is told of records, whatever these hold."""

import json
import math
from collections import deque
from typing import Any

import pytest
from confluent_kafka import Message

from producer.runtime.terminal import format_json
from sluice.console.newest_fixes import POINTS, Fix, NewestFixes, describe, fix_of
from sluice.view.record_decoder import Decoder
from tests.unit.sluice.console.fake_pipeline import FakePipeline

UTIME = 1_353_099_678_298_235
FIELDS = {"latitude": 0.7381, "longitude": -1.461, "altitude": 264.5, "speed": 1.5}


def strict(value: Any) -> Any:
    """Return what a browser makes of it: no NaN, no Infinity."""
    return json.loads(format_json(value), parse_constant=pytest.fail)


def message(offset: int, *, key: bytes, value: Any, milliseconds: int = 1) -> Message:
    return Message("gps-fixes", partition=0, offset=offset, key=key, value=value, timestamp=(1, milliseconds))


DECODE = Decoder(lambda _: None)
"""Values are JSON."""


def newest() -> NewestFixes:
    """Return fixes without a pipeline."""
    return NewestFixes(FakePipeline())


def test_a_fix_is_in_degrees():
    fix = fix_of(b"%d" % UTIME, FIELDS)
    assert fix == Fix(UTIME, 42.29, -83.7091338, 264.5, 1.5) or fix.latitude == pytest.approx(math.degrees(0.7381))
    shown = strict(describe(deque([fix])))
    assert shown["points"] == [[fix.latitude, fix.longitude, 264.5, UTIME / 1e6]]
    assert shown["newest"]["utime"] == "2012-11-16T21:01:18.298235Z"


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, -math.inf, "0.7", True, [1], 10**400, 1e308, {"a": 1}])
@pytest.mark.parametrize("name", FIELDS)
def test_what_is_no_number_is_nothing(name: str, bad: Any):
    fix = fix_of(b"%d" % UTIME, FIELDS | {name: bad})
    expected = bad if name in ("altitude", "speed") and bad == 1e308 else None
    assert getattr(fix, name) == expected
    assert len(strict(describe(deque([fix])))["points"]) == (0 if name in ("latitude", "longitude") else 1)


@pytest.mark.parametrize("value", [None, "<script>", 5, [], {}, {"latitude": {}}])
def test_a_value_that_is_no_fix_has_no_position(value: Any):
    assert strict(describe(deque([fix_of(b"key", value)])))["points"] == []


@pytest.mark.parametrize("key", [b"", b"x", b"-5", b"9" * 18, b"9" * 400, b"\xff", "²".encode()])
def test_any_key_is_taken(key: bytes):
    assert len(strict(describe(deque([fix_of(key, FIELDS)])))["points"]) == 1


def test_no_fixes_are_no_points():
    assert strict(describe(deque())) == {"fixes": 0, "points": [], "newest": None}


def test_the_map_shows_a_limited_number_in_the_order_in_which_they_came():
    fixes = newest()
    for start in range(0, 5 * POINTS, 100):
        fixes.add(
            [message(n, key=b"%d" % n, value=format_json(FIELDS).encode()) for n in range(start, start + 100)], DECODE
        )
    assert [fix.utime for fix in fixes.fixes] == list(range(4 * POINTS, 5 * POINTS))


def test_records_of_one_millisecond_are_in_the_order_of_their_utime():
    fixes = newest()
    fixes.add([message(n, key=key, value=b"{}") for n, key in enumerate((b"7", b"x", b"5"))], DECODE)
    fixes.add([message(9, key=b"3", value=b"{}", milliseconds=2)], DECODE)
    assert [fix.utime for fix in fixes.fixes] == [None, 5, 7, 3]


def test_a_tombstone_is_no_fix():
    fixes = newest()
    fixes.add([message(0, key=b"1", value=None)], DECODE)
    assert not fixes.fixes
