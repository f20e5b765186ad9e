"""Tests of dead letters: fields, reasons, listing, addresses and filters."""

from typing import cast

from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.letter_reader import LetterAddress, LetterFilter, parse_address
from sluice.dead_letters.listing import as_object, make_listing
from sluice.dead_letters.sent_letters import SentLetters
from tests.unit.sluice.dead_letters.letters import DECODE, UTIME, VALUE, letter

TRACE = 'a.B: no number\n\tat x\nCaused by: c.D: For input string: "nope"\n\tat y'


class OnlyFirstSent:
    """Of each partition only offset 0 was sent."""

    def includes(self, topic: str, partition: int, offset: int) -> bool:
        return offset == 0


def test_error_headers_of_connect_are_separated_from_the_records_own():
    found = letter(own=[("who", b"me"), ("none", None)], exception_stacktrace=TRACE, stage="TRANSFORMATION")
    assert found.own_headers == (("who", b"me"), ("none", None))
    assert found.original_record == "gps-fixes:1:9"
    assert found.reason == 'no number (caused by c.D: For input string: "nope")'
    assert found.address == "mysql-sink:0:0"
    assert found.time == "2012-11-21T12:13:20.000000Z"


def test_record_without_error_headers_has_no_original_topic():
    bare = DeadLetter(
        topic="x-dead-letters", partition=0, offset=1, time=None, key=None, value=None, size=None, headers=()
    )
    assert (bare.original_topic, bare.original_record, bare.connector) == (None, "unknown", "x")
    assert bare.reason == "Connect gives no reason"


def test_key_is_displayed_as_one_line_without_control_characters():
    assert letter(key=b"\x1b[31m\n\xff").displayed_key(DECODE) == r"\x1b[31m\n\xff"
    assert letter(key=b"nope").displayed_key(DECODE) == "nope"
    assert letter(key=None).displayed_key(DECODE) == "none"


def test_full_object_has_value_and_original_record():
    whole = letter(key=str(UTIME).encode()).as_full_object(DECODE)
    assert whole["value"]["fix_mode"] == 3
    assert bytes.fromhex(whole["value_hex"]).startswith(b"\0\0\0\0\x07")
    assert whole["original"] == {"topic": "gps-fixes", "partition": 1, "offset": 9}


def test_letters_are_counted_by_reason_pattern():
    letters = [letter(n, exception_message=f"Value ({n}x) was out of range {n}") for n in range(3)]
    letters.append(letter(3, exception_message="other"))
    listing = make_listing(
        letters, topics=("mysql-sink-dead-letters",), sent_letters=cast(SentLetters, OnlyFirstSent()), limit=2
    )
    found = as_object(listing, DECODE)
    assert [(entry["count"], entry["reason"], entry["sent_again"]) for entry in found["reasons"]] == [
        (3, "Value … was out of range …", 1),
        (1, "other", 0),
    ]
    assert [entry["letter"] for entry in found["letters"]] == ["mysql-sink:0:2", "mysql-sink:0:3"]
    assert found["dead_letters"] == 4
    assert found["letters"][0]["bytes"] == len(VALUE)


def test_address_begins_with_the_connector_or_the_topic():
    there = LetterAddress(topic="mysql-sink-dead-letters", partition=0, offset=12)
    assert parse_address("mysql-sink:0:12") == parse_address("mysql-sink-dead-letters:0:12") == there


def test_filter_matches_reason_address_and_connector():
    assert LetterFilter(reason="NO NUM").matches(letter())
    assert not LetterFilter(reason="zzz").matches(letter())
    assert LetterFilter(addresses=[parse_address("mysql-sink:0:4")]).matches(letter(4))
    assert not LetterFilter(addresses=[parse_address("mysql-sink:0:4")]).matches(letter(5))
    assert not LetterFilter(connector="redis-sink").matches_topic("mysql-sink-dead-letters")
