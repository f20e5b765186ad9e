from typing import cast

from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.letter_reader import LetterAddress, LetterFilter, parse_address
from sluice.dead_letters.listing import as_object, make_listing
from sluice.dead_letters.sent_letters import SentLetters, SentOffsets
from tests.unit.sluice.dead_letters.letters import DECODE, UTIME, VALUE, letter

TRACE = 'a.B: no number\n\tat x\nCaused by: c.D: For input string: "nope"\n\tat y'


class Memory:
    """Nothing but offset 0 was sent."""

    def of(self, topic: str, partition: int) -> SentOffsets:
        return SentOffsets(1)


def test_what_connect_says_is_told_apart_from_the_records_own_headers():
    found = letter(own=[("who", b"me"), ("none", None)], exception_stacktrace=TRACE, stage="TRANSFORMATION")
    assert found.own_headers == (("who", b"me"), ("none", None))
    assert found.original_record == "gps-fixes:1:9"
    assert found.reason == 'no number (caused by c.D: For input string: "nope")'
    assert found.address == "mysql-sink:0:0"
    assert found.time == "2012-11-21T12:13:20.000000Z"


def test_a_message_that_connect_did_not_write_has_no_origin():
    bare = DeadLetter(
        topic="x-dead-letters", partition=0, offset=1, time=None, key=None, value=None, size=None, headers=()
    )
    assert (bare.origin, bare.original_record, bare.connector) == (None, "unknown", "x")
    assert bare.reason == "Connect gives no reason"


def test_a_key_is_shown_in_one_line_and_obeyed_by_no_terminal():
    assert letter(key=b"\x1b[31m\n\xff").shown_key(DECODE) == r"\x1b[31m\n\xff"
    assert letter(key=b"nope").shown_key(DECODE) == "nope"
    assert letter(key=None).shown_key(DECODE) == "none"


def test_all_of_a_record_is_in_its_object():
    whole = letter(key=str(UTIME).encode()).whole(DECODE)
    assert whole["value"]["fix_mode"] == 3
    assert bytes.fromhex(whole["value_hex"]).startswith(b"\0\0\0\0\x07")
    assert whole["original"] == {"topic": "gps-fixes", "partition": 1, "offset": 9}


def test_letters_are_counted_by_reason_without_what_differs():
    letters = [letter(n, exception_message=f"Value ({n}x) was out of range {n}") for n in range(3)]
    letters.append(letter(3, exception_message="other"))
    listing = make_listing(letters, topics=("mysql-sink-dead-letters",), sent=cast(SentLetters, Memory()), limit=2)
    found = as_object(listing, DECODE)
    assert [(entry["count"], entry["reason"], entry["sent_again"]) for entry in found["reasons"]] == [
        (3, "Value … was out of range …", 1),
        (1, "other", 0),
    ]
    assert [entry["letter"] for entry in found["letters"]] == ["mysql-sink:0:2", "mysql-sink:0:3"]
    assert found["dead_letters"] == 4
    assert found["letters"][0]["bytes"] == len(VALUE)


def test_an_address_is_understood_with_the_connectors_name_or_the_topics():
    there = LetterAddress(topic="mysql-sink-dead-letters", partition=0, offset=12)
    assert parse_address("mysql-sink:0:12") == parse_address("mysql-sink-dead-letters:0:12") == there


def test_a_choice_takes_what_fits_all_of_it():
    assert LetterFilter(reason="NO NUM").matches(letter())
    assert not LetterFilter(reason="zzz").matches(letter())
    assert LetterFilter(addresses=[parse_address("mysql-sink:0:4")]).matches(letter(4))
    assert not LetterFilter(addresses=[parse_address("mysql-sink:0:4")]).matches(letter(5))
    assert not LetterFilter(connector="redis-sink").matches_topic("mysql-sink-dead-letters")
