"""Dead letters are read newest first, in pages, and no more of them than the budget allows."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.runtime.exit_status import SluiceError
from sluice.dead_letters import letter_summary
from sluice.dead_letters.dead_letter import DeadLetter, group_identity
from sluice.dead_letters.letter_reader import LetterFilter, parse_address
from sluice.dead_letters.letter_summary import letter_object, reasons_object
from sluice.dead_letters.listing import make_listing
from sluice.dead_letters.newest_letters import At, Budget, NewestLetters
from tests.unit.sluice.dead_letters.letters import DECODE, VALUE, letter

Letters = dict[At, list[DeadLetter]]


def make_letters(*counts: int) -> Letters:
    """Return letters of as many partitions, with times that rise over all of them."""
    found: Letters = {("t", number): [] for number in range(len(counts))}
    for offset in range(max(counts, default=0)):
        for number, count in enumerate(counts):
            if offset < count:
                time = f"2026-01-01T00:00:00.{offset:04}{number:02}Z"
                found["t", number].append(replace(letter(offset, topic="t"), partition=number, time=time))
    return found


class FakeTopic:
    """Reads chunks from memory, and counts the letters."""

    def __init__(self, letters: Letters) -> None:
        self.letters = letters
        self.read = 0
        self.spans = {at: (0, len(found)) for at, found in letters.items()}

    def __call__(self, topic: str, partition: int, begin: int, end: int) -> list[DeadLetter]:
        found = self.letters[topic, partition][begin:end]
        self.read += len(found)
        return found


def newest_first(letters: Letters) -> list[DeadLetter]:
    return sorted((one for found in letters.values() for one in found), key=lambda one: one.time or "", reverse=True)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=3), st.integers(1, 9))
def test_pages_give_every_letter_once_the_newest_first(counts: list[int], size: int) -> None:
    topic = FakeTopic(make_letters(*counts))
    found: list[DeadLetter] = []
    spans, before = topic.spans, {at: end for at, (_, end) in topic.spans.items()} if any(counts) else None
    while before is not None:
        spans = {at: (begin, before[at]) for at, (begin, _) in topic.spans.items()}
        letters = NewestLetters(topic, spans, budget=Budget(letters=1000), at_once=size)
        found += islice(letters, size)
        before = letters.before
    assert found == newest_first(topic.letters)


@pytest.mark.parametrize("budget", [Budget(letters=500), Budget(letters=10**6, bytes=500 * 100)])
def test_no_more_is_read_than_the_budget_allows(budget: Budget) -> None:
    topic = FakeTopic(make_letters(20_000))
    letters = NewestLetters(topic, topic.spans, budget=budget, at_once=100, matches=lambda _: False)
    assert list(letters) == []
    assert topic.read <= 1000
    assert letters.before == {("t", 0): 20_000 - topic.read}


def test_a_used_up_time_still_reads_something() -> None:
    topic = FakeTopic(make_letters(10))
    letters = NewestLetters(topic, topic.spans, budget=Budget(letters=100, seconds=-1))
    assert list(letters) == []
    ready = Budget(letters=100, seconds=0.0)
    assert ready.used_up


def test_large_letters_are_read_few_at_a_time() -> None:
    large = {("t", 0): [replace(letter(offset, topic="t"), size=9 << 20) for offset in range(1000)]}
    topic = FakeTopic(large)
    list(NewestLetters(topic, topic.spans, budget=Budget(letters=10**6)))
    assert topic.read <= 5


def test_letters_of_one_group_are_found_by_its_identity() -> None:
    letters = [
        letter(offset, exception_message=f"no {'number' if offset % 2 else 'text'} {offset}") for offset in range(9)
    ]
    wanted = LetterFilter(group=group_identity(letters[1].group))
    assert [one.offset for one in letters if wanted.matches(one)] == [1, 3, 5, 7]


class NothingSent:
    """SentLetters before any was sent."""

    def includes(self, topic: str, partition: int, offset: int) -> bool:
        del topic, partition
        return offset == 0


def test_reasons_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_summary, "_MOST_GROUPS", 2)
    texts = ["a" * 5000, "b", "b", "c"]
    letters = [letter(offset, exception_message=text) for offset, text in enumerate(texts)]
    sent: Callable[..., object] = NothingSent
    listing = make_listing(letters, topics=("t",), sent_letters=sent(), limit=0)  # pyright: ignore[reportArgumentType]
    found = reasons_object(listing, {letters[1].group: {"t"}})
    assert [group["topics"] for group in found["reasons"]] == [["t"], []]
    assert [(group["count"], group["sent_again"], len(group["reason"])) for group in found["reasons"]] == [
        (2, 0, 1),
        (1, 1, 2000 + len(" … (3,000 characters more)")),
    ]
    assert (found["looked_at"], found["sent_again"], found["more_reasons"]) == (4, 1, 1)


def test_one_letter_is_shown_whole_but_cut_where_it_is_long() -> None:
    trace = "a.B: x\n\tat y\nCaused by: c.D: z\n"
    shown = letter_object(
        letter(3, own=[("who", b"\xff<b>"), ("none", None)], exception_stacktrace=trace, task_id="2"), DECODE, sent=True
    )
    assert (shown["letter"], shown["task"], shown["cause"], shown["sent_again"]) == (
        "mysql-sink:0:3",
        "2",
        "c.D: z",
        True,
    )
    assert shown["headers"] == [{"name": "who", "value": r"\xff<b>"}, {"name": "none", "value": None}]
    assert shown["value"]["bytes"] == len(VALUE)
    assert '"latitude"' in shown["value"]["text"]
    raw = letter_object(letter(value=b"\xff" * 5_000_000, key=b"k" * 9999), DECODE, sent=False)
    assert not raw["value"]["decoded"]
    assert "4,998,976 bytes more" in raw["value"]["text"]
    assert len(str(raw)) < 20_000
    text = letter_object(letter(value=b"t" * 5_000_000), DECODE, sent=False)
    assert len(text["value"]["text"]) < 70_000
    assert letter_object(letter(value=None), DECODE, sent=False)["value"]["text"].startswith("none: the record deletes")


@pytest.mark.parametrize(
    "position", ["", "x", "[", "[1]", '[["t"]]', '[["t", "x", 1]]', "{}x", "[[1, 2, 1e999]]", "[" * 9999]
)
def test_a_position_that_is_none_is_refused(position: str) -> None:
    with pytest.raises(SluiceError, match="no position"):
        letter_summary._spans_before({("t", 0): (0, 1)}, position)  # pyright: ignore[reportPrivateUsage]


def test_a_position_is_kept_within_the_topic() -> None:
    position = '[["t", 0, 99999], ["t", 1, -5], ["other", 0, 3]]'
    spans = {("t", 0): (2, 7), ("t", 1): (3, 4), ("t", 2): (0, 9)}
    assert letter_summary._spans_before(spans, position) == {("t", 0): (2, 7), ("t", 1): (3, 3)}  # pyright: ignore[reportPrivateUsage]


def test_addresses_are_parsed() -> None:
    assert parse_address("a:b:1:2").topic == "a:b-dead-letters"
