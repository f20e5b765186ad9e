"""Tests of the newest records of a topic, which are read again and again."""

from contextlib import closing
from pathlib import Path

import pytest

from producer.kafka.connection import KafkaUser
from producer.runtime.exit_status import SluiceError
from sluice.view.newest_records import NewestRecords, NewRecords
from sluice.view.topic_reader import TopicReader
from tests.unit.sluice.view.fake_consumer import FakeKafka, serve_from_memory

USER = KafkaUser(bootstrap_servers="kafka:9092", ca_file=Path("ca.pem"), username="consumer", password="secret")


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    kafka = serve_from_memory(monkeypatch)
    for number in range(20):
        kafka.add("gps", partition=number % 2, value=b"%d" % number)
    return kafka


def values(found: NewRecords) -> list[int]:
    return [int(record.value() or b"-1") for record in found.records]


def test_the_newest_of_each_partition_come_first_and_then_what_is_new(kafka: FakeKafka) -> None:
    with closing(NewestRecords(USER, "gps")) as reader:
        newest = reader.read_new(3, {})
        assert values(newest) == [14, 15, 16, 17, 18, 19]
        assert newest.ends == {0: 10, 1: 10}
        assert values(reader.read_new(3, newest.ends)) == []
        kafka.add("gps", value=b"20")
        assert values(reader.read_new(3, newest.ends)) == [20]
        assert not kafka.fetching
    assert kafka.consumers[0].closed


def test_of_many_new_ones_the_newest_are_read(kafka: FakeKafka) -> None:
    with closing(NewestRecords(USER, "gps")) as reader:
        assert values(reader.read_new(2, {0: 1, 1: 9})) == [16, 18, 19]


def test_a_topic_that_was_made_anew_is_read_from_its_newest(kafka: FakeKafka) -> None:
    with closing(NewestRecords(USER, "gps")) as reader:
        found = reader.read_new(2, {0: 10, 1: 11})
        assert found.anew
        assert values(found) == [16, 17, 18, 19]
        assert not reader.read_new(2, {0: 10, 1: 10}).anew


def test_a_partition_that_grows_faster_than_it_is_read_hides_no_other(kafka: FakeKafka) -> None:
    kafka.poll = lambda: kafka.add("gps", partition=0, value=b"99")
    with closing(NewestRecords(USER, "gps")) as reader:
        assert values(reader.read_new(2, {})) == [16, 17, 18, 19]
        assert values(reader.read_new(2, {0: 10, 1: 10})) == [99, 99]
        assert values(reader.read_new(1, {})) == [19, 99]


def test_an_unknown_topic_is_an_error(kafka: FakeKafka) -> None:
    with pytest.raises(SluiceError, match="there is no topic 'other'"):
        NewestRecords(USER, "other")
    assert kafka.consumers[0].closed


def test_a_reader_that_is_left_in_the_middle_fetches_nothing_more(kafka: FakeKafka) -> None:
    reader = TopicReader(USER, "gps")
    for record in reader.read(reader.spans):
        assert record is not None
        assert kafka.fetching
        break
    assert not kafka.fetching
    follower = reader.follow()
    kafka.add("gps", value=b"later")
    assert next(follower).value() == b"later"
    follower.close()
    assert not kafka.fetching


def test_a_reader_that_was_closed_in_the_middle_says_nothing(kafka: FakeKafka) -> None:
    reader = TopicReader(USER, "gps")
    found = reader.read(reader.spans)
    next(found)
    reader.close()
    found.close()
    assert kafka.consumers[0].closed
