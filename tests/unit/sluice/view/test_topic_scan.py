"""Tests of scans: the order of several partitions, what is read for it, bounds, and pages that meet."""

from confluent_kafka import Message

from sluice.view.topic_scan import Bounds, TopicScan
from tests.unit.sluice.view.fake_reader import FakeReader, message

At = tuple[int, int]


def busy_and_quiet() -> FakeReader:
    """A topic whose partition 0 has a record each millisecond, and partition 1 one each 300."""
    busy = [message(n, timestamp=(1, n)) for n in range(3000)]
    return FakeReader(*busy, *(message(n, partition=1, timestamp=(1, n * 300)) for n in range(10)))


def place(found: Message) -> At:
    return found.partition() or 0, found.offset() or 0


def test_partitions_are_merged_by_time_whatever_their_rates():
    found = list(TopicScan(busy_and_quiet(), busy_and_quiet().spans, accept=place, newest_first=True).take())
    assert len(found) == 3010
    times = [offset * 300 if partition else offset for partition, offset in found]
    assert times == sorted(times, reverse=True)
    found = list(TopicScan(busy_and_quiet(), busy_and_quiet().spans, accept=place, newest_first=False).take())
    assert len(found) == 3010
    assert [offset * 300 if partition else offset for partition, offset in found] == sorted(times)


def test_few_are_read_for_the_newest():
    scan = TopicScan(busy_and_quiet(), busy_and_quiet().spans, accept=place, newest_first=True)
    assert list(scan.take(3)) == [(0, 2999), (0, 2998), (0, 2997)]
    assert scan.looked_at == 8
    assert scan.spans == {0: (2997, 3000), 1: (10, 10)}


def test_pages_meet_without_gap_or_repetition():
    reader = busy_and_quiet()
    spans, found = dict(reader.spans), []
    while any(begin < end for begin, end in spans.values()):
        scan = TopicScan(reader, spans, accept=place, newest_first=True)
        found += list(scan.take(7))
        spans = {number: (begin, scan.spans[number][0]) for number, (begin, _) in spans.items()}
    assert len(found) == 3010
    assert len(set(found)) == 3010


def test_a_search_stops_at_its_bound_and_says_how_far_it_looked():
    reader = busy_and_quiet()

    def rare(item: Message) -> At | None:
        return place(item) if (item.offset() or 0) % 1000 == 7 else None

    scan = TopicScan(reader, reader.spans, accept=rare, newest_first=True, bounds=Bounds(records=500))
    assert list(scan.take(10)) == [(1, 7)]
    assert scan.stopped
    assert 400 <= scan.looked_at <= 600
    begin, _ = scan.spans[0]
    assert scan.reached == begin
    on = TopicScan(reader, {0: (0, begin)}, accept=rare, newest_first=True)
    assert list(on.take(10)) == [(0, 2007), (0, 1007), (0, 7)]
    assert not on.stopped
    assert on.reached is None


def test_large_records_are_read_few_at_a_time():
    reader = FakeReader(*(message(n, value=b"x" * 2**20) for n in range(100)))
    scan = TopicScan(reader, reader.spans, accept=place, newest_first=True, bounds=Bounds(size=8 * 2**20))
    assert list(scan.take(50)) == [(0, n) for n in range(99, 89, -1)]
    assert scan.stopped
    assert reader.given == 10


def test_offsets_that_hold_no_record_are_passed_over():
    reader = FakeReader(*(message(n) for n in range(0, 100, 10)))
    scan = TopicScan(reader, reader.spans, accept=place, newest_first=True)
    assert list(scan.take(3)) == [(0, 90), (0, 80), (0, 70)]
    assert list(TopicScan(FakeReader(), {}, accept=place, newest_first=True).take(3)) == []


def test_times_out_of_order_leave_the_order_of_a_partition():
    times = [5, 900, 3, 700, 1]
    reader = FakeReader(*(message(n, timestamp=(1, time)) for n, time in enumerate(times)))
    scan = TopicScan(reader, reader.spans, accept=place, newest_first=True)
    assert [offset for _, offset in scan.take()] == [4, 3, 2, 1, 0]
