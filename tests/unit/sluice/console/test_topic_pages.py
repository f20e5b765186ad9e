"""Tests of a topic's pages: what is on them, where they meet, what is refused."""

from contextlib import nullcontext
from typing import Any, cast

import pytest
from confluent_kafka import Message

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.topic_pages import RECORDS, PageRequest, TopicPages
from sluice.view.record_decoder import Decoder
from sluice.view.topic_reader import TopicReader
from tests.unit.sluice.view.fake_reader import FakeReader, message


def pages(*content: Message) -> TopicPages:
    reader = cast(TopicReader, FakeReader(*content))
    return TopicPages(lambda _: nullcontext(reader), lambda: Decoder(lambda _: None))


def numbered() -> TopicPages:
    """A topic of two partitions with 100 records each, one a millisecond in turn."""
    return pages(*(message(n // 2, partition=n % 2, timestamp=(1, n), value=b"%d" % n) for n in range(200)))


def values(page: dict[str, Any]) -> list[int]:
    return [int(record["value"]) for record in page["records"]]


def test_the_newest_come_first_and_older_pages_follow():
    topic = numbered()
    page = topic.page("t", PageRequest())
    assert values(page) == list(range(199, 199 - RECORDS, -1))
    assert page["newer"] is None
    older = topic.page("t", PageRequest(before=page["older"]))
    assert values(older) == list(range(199 - RECORDS, 199 - 2 * RECORDS, -1))
    newer = topic.page("t", PageRequest(after=older["newer"]))
    assert values(newer) == list(range(200 - RECORDS, 200))
    assert not newer["newest_first"]


def test_the_last_page_has_none_before_it():
    page = pages(message(0), message(1)).page("t", PageRequest())
    assert (page["older"], page["newer"], page["stopped"]) == (None, None, False)
    assert pages().page("t", PageRequest())["records"] == []


def test_a_page_starts_at_an_offset_or_a_time():
    assert values(numbered().page("t", PageRequest(offset="1:40")))[:2] == [81, 83]
    assert values(numbered().page("t", PageRequest(offset="40")))[:2] == [80, 81]
    assert values(numbered().page("t", PageRequest(time="1970-01-01T00:00:00.150")))[:2] == [150, 151]


def test_a_search_goes_by_key_and_text():
    content = [message(n, key=b"odd" if n % 2 else b"even", value=b"number %d" % n) for n in range(100)]
    found = pages(*content).page("t", PageRequest(key="odd", text="NUMBER 1"))["records"]
    assert [record["offset"] for record in found] == [19, 17, 15, 13, 11, 1]


def test_a_search_stops_and_can_go_on():
    topic = pages(*(message(n, value=b"here" if n == 5 else b"no") for n in range(30_000)))
    page = topic.page("t", PageRequest(text="here"))
    found, looked_at = page["records"], page["looked_at"]
    assert page["stopped"]
    while page["stopped"]:
        page = topic.page("t", PageRequest(text="here", before=page["older"]))
        found, looked_at = found + page["records"], looked_at + page["looked_at"]
    assert [record["offset"] for record in found] == [5]
    assert looked_at == 30_000


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (PageRequest(offset="x"), "is not an offset"),
        (PageRequest(offset="9:1"), "has no partition 9"),
        (PageRequest(time="2100-01-01"), "is in the future"),
        (PageRequest(before="<script>"), "is not an offset"),
        (PageRequest(text="x" * 1001), "the field text has more than 1,000 characters"),
        (PageRequest(offset="1" * 1001), "the field offset has more than 1,000 characters"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: PageRequest, sentence: str):
    with pytest.raises(SluiceError, match=sentence) as caught:
        numbered().page("t", asked)
    assert caught.value.status == Exit.USAGE


def test_one_record_is_shown_whole():
    long = "x" * 5000
    topic = pages(message(3, value=long.encode(), headers=[("a", b"1"), ("a", b"<b>"), ("n", None)]))
    record = topic.record("t", 0, 3)
    assert record["value"] == long
    assert record["headers"] == [["a", "1"], ["a", "<b>"], ["n", None]]
    assert len(topic.page("t", PageRequest())["records"][0]["value"]) < 200
    with pytest.raises(SluiceError, match="offset 9 is outside"):
        topic.record("t", 0, 9)
    with pytest.raises(SluiceError, match="holds no record at offset 5"):
        pages(message(0), message(9)).record("t", 0, 5)


def test_a_tombstone_and_an_image_are_said_to_be_so():
    page = pages(message(0, value=None), message(1, value=b"\xff\xd8" + b"x" * 100_000)).page("t", PageRequest())
    image, tombstone = page["records"]
    assert (tombstone["tombstone"], tombstone["value"], tombstone["value_bytes"]) == (True, None, 0)
    assert image["value"] == {"bytes": 100_002, "hex": "ffd8" + "78" * 14 + "…"}


def test_a_page_of_many_partitions_leads_to_the_next():
    topic = pages(*(message(n + 10**9, partition=number) for number in range(200) for n in range(2)))
    older = topic.page("t", PageRequest())["older"]
    assert len(older) > 2000
    page = topic.page("t", PageRequest(before=older))
    assert len(page["records"]) == RECORDS
    assert topic.page("t", PageRequest(after=page["newer"]))["records"]


def test_from_a_time_on_no_older_record_is_shown():
    times = (5000, 9000, 4000, 9500)
    topic = pages(*(message(n, timestamp=(1, time), value=b"%d" % n) for n, time in enumerate(times)))
    page = topic.page("t", PageRequest(time="1970-01-01T00:00:05"))
    assert (values(page), page["since"]) == ([0, 1, 3], "1970-01-01T00:00:05.000000Z")
    assert values(topic.page("t", PageRequest(time=page["since"], after="0:1"))) == [1, 3], "nor on the next page"
    assert values(topic.page("t", PageRequest(time=page["since"], before="0:3"))) == [2, 1, 0], "back from there it is"


def test_a_search_for_which_nobody_waits_ends():
    topic = pages(*(message(n, value=b"no") for n in range(10_000)))
    page = topic.page("t", PageRequest(text="here"), lambda: True)
    assert (page["stopped"], page["looked_at"]) == (True, 0)
