from pathlib import Path

import pytest

from producer.images.reject_reasons import ImageReason
from producer.images.selection import Selection
from sluice.proof.images.compare import RejectedImage
from sluice.proof.shared.comparison import CountedList
from sluice.proof.shared.proof_arguments import ProofOptions
from tests.unit.sluice.proof.images.fake_store import START, FakeStore, key, make_empty, png, prove
from tests.unit.sluice.proof.shared.fake_sink import FAILED, PAUSED, FakeSink

PRESENT = ProofOptions(wait_seconds=0)


LATE, OLD = key(1, 1), key(0, 0)


def test_images_that_the_sink_has_not_written_are_waited_for(folder: Path, store: FakeStore):
    late = store.content.pop(LATE)
    sink = FakeSink([(LATE.encode(), late)], apply=store.apply)
    found = prove(folder, store=store, sink=sink)
    assert found.comparison.all_there
    assert found.sink.concerning == 0


def test_images_with_old_bytes_are_compared_when_the_sink_has_caught_up(folder: Path, store: FakeStore):
    new = store.content[OLD]
    store.content[OLD] = b"of an earlier load"
    assert prove(folder, store=store, sink=FakeSink([(OLD.encode(), new)], apply=store.apply)).comparison.all_there


def test_a_sink_that_has_failed_is_not_waited_for(folder: Path):
    sink = FakeSink([(OLD.encode(), b"x")], problem=FAILED)
    found = prove(folder, store=FakeStore({}), sink=sink, wait_seconds=3600)
    assert found.comparison.none_there
    assert (found.sink.problems, found.sink.concerning) == ((FAILED,), 1)


def test_absence_waits_until_the_images_have_gone(folder: Path, store: FakeStore):
    sink = FakeSink([(name.encode(), None) for name in store.content], apply=store.apply, pace=1)
    assert prove(folder, store=store, sink=sink, absent=True).comparison.none_there


@pytest.mark.parametrize(
    ("name", "selection", "options", "concerning"),
    [
        (OLD, Selection(), PRESENT, True),
        (f"2012-11-16/Cam0/{START + 1}", Selection(), PRESENT, True),
        (f"2012-11-16/Cam0/{START + 1}", Selection(every=2), PRESENT, False),
        (f"2012-11-16/Cam0/{START + 1}", Selection(), ProofOptions(allow_extra=True, wait_seconds=0), False),
        (f"2012-11-16/Cam0/{START + 1}", Selection(), ProofOptions(absent=True, wait_seconds=0), False),
        (f"2012-11-16/Cam0/{START - 1}", Selection(), PRESENT, False),
        (f"2012-11-16/Cam7/{START}", Selection(), PRESENT, False),
        (key(0, 9), Selection(), PRESENT, True),
        (key(0, 9), Selection(), ProofOptions(absent=True, wait_seconds=0), True),
    ],
)
def test_a_waiting_record_matters_only_where_it_can_change_what_was_asked(
    folder: Path, store: FakeStore, *, name: str, selection: Selection, options: ProofOptions, concerning: bool
):
    make_empty(folder, key(0, 9))
    sink = FakeSink([(name.encode(), None)], problem=PAUSED)
    found = prove(folder, store=store, sink=sink, selection=selection, options=options)
    assert (found.sink.concerning, found.sink.lag) == (concerning, 1)


@pytest.mark.parametrize("absent", [True, False])
@pytest.mark.parametrize("number", [-1, 0, 2, 9])
def test_a_file_that_is_rejected_now_is_found_by_its_key(folder: Path, store: FakeStore, number: int, absent: bool):
    make_empty(folder, key(0, number))
    store.content = {**({} if absent else store.content), key(0, number): png(1)}
    found = prove(folder, store=store, absent=absent)
    assert found.rejected_present == CountedList(count=1, first=(RejectedImage(key(0, number), ImageReason.EMPTY),))
    assert found.extra == CountedList(count=0, first=())
    assert found.comparison.none_there is absent


def test_a_link_in_the_place_of_an_image_is_rejected_by_its_key_too(folder: Path, store: FakeStore):
    path = folder / f"lb3/Cam0/{key(0, 0).rpartition('/')[2]}.png"
    path.unlink()
    path.symlink_to("elsewhere")
    assert prove(folder, store=store).rejected_present.first == (RejectedImage(key(0, 0), ImageReason.NOT_A_FILE),)
    other = Selection(cameras=frozenset({"Cam1"}))
    assert prove(folder, store=store, selection=other).rejected_present.count == 0


def test_a_rejected_file_with_the_key_of_an_image_is_no_fault(folder: Path, store: FakeStore):
    (folder / f"lb3/Cam0/{key(0, 0).rpartition('/')[2]}.jpg").write_bytes(b"")
    found = prove(folder, store=store)
    assert found.source.rejected == 1
    assert found.rejected_present.count == 0


def test_rejected_files_are_looked_up_even_if_all_are_rejected(folder: Path, store: FakeStore):
    for name in store.content:
        make_empty(folder, name)
    found = prove(folder, store=store)
    assert (found.comparison.compared, found.rejected_present.count) == (0, 6)


def test_extra_images_are_looked_for_only_if_no_image_was_left_out(folder: Path, store: FakeStore):
    store.content[f"2012-11-16/Cam0/{START + 1}"] = b"x"
    whole = prove(folder, store=store).extra
    assert whole is not None
    assert whole.count == 1
    assert prove(folder, store=store, selection=Selection(every=2)).extra is None
    other_camera = prove(folder, store=store, selection=Selection(cameras=frozenset({"Cam1"}))).extra
    assert other_camera is not None
    assert other_camera.count == 0


def test_thumbnails_are_of_what_the_store_holds(folder: Path, store: FakeStore):
    store.content[key(0, 0)] = b"no image"
    del store.content[key(0, 1)]
    first, *rest = prove(folder, store=store).thumbnails
    assert (first.key, first.equal, first.uri) == (key(0, 0), False, None)
    assert [thumbnail.key for thumbnail in rest] == [key(0, 2), key(1, 0), key(1, 1), key(1, 2)]
    assert all(thumbnail.uri and thumbnail.equal for thumbnail in rest)


def test_a_source_without_images_queries_nothing(tmp_path: Path):
    store = FakeStore({"2012-11-16/Cam0/1": b"x"})
    found = prove(tmp_path, store=store)
    assert (found.comparison.compared, store.reads, found.thumbnails) == (0, 0, ())
