"""Tests of where reading a topic starts."""

from datetime import UTC, datetime

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.view.start_point import StartOffset, find_starts, milliseconds, parse_offset, parse_time
from tests.unit.sluice.view.fake_reader import FakeReader, message

NOW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)


def test_an_offset_is_of_every_partition_or_of_one():
    assert parse_offset("1200") == StartOffset(1200)
    assert parse_offset(" 3:1200") == StartOffset(1200, 3)


@pytest.mark.parametrize("text", ["", "-1", "x", "1:", ":1", "1:2:3", "٣", "1e3", "9" * 30])
def test_what_is_no_offset_is_refused(text: str):
    with pytest.raises(ValueError, match="is not an offset: use OFFSET"):
        parse_offset(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10m", datetime(2026, 11, 27, 6, 20, tzinfo=UTC)),
        ("1w", datetime(2026, 11, 20, 6, 30, tzinfo=UTC)),
        ("0s", NOW),
        ("2026-11-27", datetime(2026, 11, 27, tzinfo=UTC)),
        ("2026-11-27T05:00", datetime(2026, 11, 27, 5, tzinfo=UTC)),
        ("2026-11-27 05:00Z", datetime(2026, 11, 27, 5, tzinfo=UTC)),
        ("2026-11-27T05:00+02:00", datetime(2026, 11, 27, 3, tzinfo=UTC)),
    ],
)
def test_a_time_is_of_utc_unless_it_says_its_zone_or_so_long_ago(text: str, moment: datetime):
    assert parse_time(text, now=NOW) == moment


@pytest.mark.parametrize("text", ["", "soon", "10", "10 minutes", "-10m", "2026-13-01", "999999999w", "25:00"])
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a time: use"):
        parse_time(text, now=NOW)


def test_a_time_in_the_future_is_refused():
    with pytest.raises(ValueError, match=r"is in the future: it is 2026-11-27T06:30:00\.000000Z now"):
        parse_time("2026-11-27T06:31", now=NOW)


def test_a_time_is_rounded_up_to_what_kafka_counts():
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=UTC)) == 1001
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1000
    assert milliseconds(datetime(1960, 1, 1, tzinfo=UTC)) == 0


def reader() -> FakeReader:
    """A topic whose partition 0 begins at 100 and ends at 110, and whose partition 1 has 5 records."""
    first = [message(n, timestamp=(1, 1000 * n)) for n in range(100, 110)]
    return FakeReader(*first, *(message(n, partition=1, timestamp=(1, 1000 * n)) for n in range(5)))


def test_starts_by_offset_and_by_time():
    assert find_starts(reader(), [], None) == {0: 100, 1: 0}
    assert find_starts(reader(), [StartOffset(105)], None) == {0: 105, 1: 5}
    assert find_starts(reader(), [StartOffset(3)], None) == {0: 100, 1: 3}
    assert find_starts(reader(), [StartOffset(4, 1)], None) == {1: 4}
    assert find_starts(reader(), [StartOffset(2, 1), StartOffset(110, 0)], None) == {0: 110, 1: 2}
    assert find_starts(reader(), [StartOffset(2, 1), StartOffset(107)], None) == {0: 107, 1: 2}
    assert find_starts(reader(), [], datetime.fromtimestamp(103, tz=UTC)) == {0: 103, 1: 5}


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (StartOffset(50), "offset 50 is outside every partition of gps-fixes: partition 0 holds 100 to 109"),
        (
            StartOffset(111, 0),
            "offset 111 is outside gps-fixes: partition 0 holds 100 to 109 .the next record gets 110",
        ),
        (StartOffset(99, 0), "offset 99 is outside gps-fixes"),
        (StartOffset(0, 7), "gps-fixes has no partition 7: partition 0 holds"),
    ],
)
def test_an_offset_outside_the_topic_is_an_error(start: StartOffset, sentence: str):
    with pytest.raises(SluiceError, match=sentence) as caught:
        find_starts(reader(), [start], None)
    assert caught.value.status == Exit.USAGE


def test_an_empty_partition_is_called_so():
    with pytest.raises(SluiceError, match=r"partition 1 is empty \(the next record gets 0\)"):
        find_starts(FakeReader(message(0)), [StartOffset(1, 1)], None)
