from dataclasses import replace
from pathlib import Path

from producer.images.open import Selection
from tests.unit.proof.fakes import BEHIND, CAUGHT_UP, FAILED, FakeSink
from tests.unit.proof.images.fakes import START, FakeStore, find, key


def test_images_that_are_all_there_are_compared_without_waiting_for_the_lag(folder: Path, store: FakeStore):
    sink = FakeSink([BEHIND])
    found = find(folder, store=store, sink=sink)
    assert found.comparison.all_there
    assert sink.asked == 2


def test_images_on_their_way_are_waited_for(folder: Path, store: FakeStore):
    late = store.content.pop(key(1, 1))

    class Arriving(FakeSink):
        def state(self):
            state = super().state()
            if state is CAUGHT_UP:
                store.content[key(1, 1)] = late
            return state

    assert find(folder, store=store, sink=Arriving([BEHIND, BEHIND, CAUGHT_UP])).comparison.all_there


def test_images_with_old_bytes_are_compared_again_when_the_sink_has_caught_up(folder: Path, store: FakeStore):
    new = store.content[key(0, 0)]
    store.content[key(0, 0)] = b"of an earlier load"

    class Overwriting(FakeSink):
        def state(self):
            state = super().state()
            if state is CAUGHT_UP:
                store.content[key(0, 0)] = new
            return state

    assert find(folder, store=store, sink=Overwriting([BEHIND, BEHIND, BEHIND, CAUGHT_UP])).comparison.all_there


def test_a_sink_that_has_failed_is_not_waited_for(folder: Path):
    found = find(folder, store=FakeStore({}), sink=FakeSink([FAILED]), wait_seconds=3600)
    assert found.comparison.none_there
    assert found.sink is FAILED


def test_absence_waits_until_the_images_have_gone(folder: Path, store: FakeStore):
    class Deleting(FakeSink):
        def state(self):
            state = super().state()
            if state.lag == 1:
                store.content.clear()
            return state

    sink = Deleting([BEHIND, BEHIND, replace(BEHIND, lag=1)])
    assert find(folder, store=store, sink=sink, absent=True).comparison.none_there
    assert sink.asked == 3


def test_extra_images_are_looked_for_only_where_it_can_be_told(folder: Path, store: FakeStore):
    store.content[f"2012-11-16/Cam0/{START + 1}"] = b"x"
    whole = find(folder, store=store).extra
    assert whole is not None
    assert whole.count == 1
    assert find(folder, store=store, selection=Selection(every=2)).extra is None
    other_camera = find(folder, store=store, selection=Selection(cameras=frozenset({"Cam1"}))).extra
    assert other_camera is not None
    assert other_camera.count == 0


def test_thumbnails_are_of_what_the_store_holds(folder: Path, store: FakeStore):
    store.content[key(0, 0)] = b"no image"
    del store.content[key(0, 1)]
    first, *rest = find(folder, store=store).thumbnails
    assert (first.key, first.equal, first.uri) == (key(0, 0), False, None)
    assert [thumbnail.key for thumbnail in rest] == [key(0, 2), key(1, 0), key(1, 1), key(1, 2)]
    assert all(thumbnail.uri and thumbnail.equal for thumbnail in rest)


def test_a_source_without_images_asks_for_nothing(tmp_path: Path):
    store = FakeStore({"2012-11-16/Cam0/1": b"x"})
    found = find(tmp_path, store=store)
    assert (found.comparison.compared, store.reads, found.thumbnails) == (0, 0, ())
