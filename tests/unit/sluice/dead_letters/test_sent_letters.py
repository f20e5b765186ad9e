"""Property tests of SentOffsets: it contains exactly the offsets that were sent."""

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import given
from hypothesis import strategies as st

from sluice.dead_letters import sent_letters
from sluice.dead_letters.sent_letters import SentLetters, SentOffsets
from tests.unit.sluice.view.test_newest_records import USER

offsets = st.sets(st.integers(0, 40))


@given(st.lists(offsets, max_size=5))
def test_contains_exactly_the_offsets_sent(sendings: list[set[int]]):
    sent, model = SentOffsets(), set[int]()
    for sending in sendings:
        sent = sent.with_more(sending)
        sent = SentOffsets.parse(sent.before, sent.text)  # as stored in Kafka
        model |= sending
        assert {offset for offset in range(45) if offset in sent} == model


@given(offsets, st.integers(0, 40))
def test_forgets_only_offsets_that_kafka_has_deleted(sending: set[int], begin: int):
    sent = SentOffsets().with_more(sending).with_more([], begin=begin)
    assert {offset for offset in range(begin, 45) if offset in sent} == {o for o in sending if o >= begin}
    assert all(first > begin for first, _ in sent.beyond)


def test_adjacent_offsets_are_stored_as_ranges():
    sent = SentOffsets().with_more([0, 1, 2, 5, 7, 8, 9])
    assert (sent.before, sent.text) == (3, "5,7-9")


def test_no_commit_and_foreign_metadata_count_as_nothing_sent():
    assert 0 not in SentOffsets.parse(-1001, "")
    assert 5 not in SentOffsets.parse(2, "not ours")
    assert 1 in SentOffsets.parse(2, "not ours")


def test_what_follows_the_end_of_the_ranges_is_cut() -> None:
    for rest in (";", ";8", ";,70-90", "; 4,9-12"):
        sent = SentOffsets.parse(2, "4,9-12" + rest)
        assert (sent.before, sent.text) == (2, "4,9-12")


def test_nothing_is_committed_where_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(*, offsets: list[Any], **_: Any) -> None:
        if not offsets:  # as Kafka's client does
            raise KafkaException(KafkaError(KafkaError._NO_OFFSET))

    monkeypatch.setattr(sent_letters, "Consumer", lambda _: SimpleNamespace(commit=commit))
    SentLetters(USER).add({})
