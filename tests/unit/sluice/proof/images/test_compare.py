from collections.abc import Mapping
from pathlib import Path

from sluice.proof.images.compare import ImageComparison, compare_images, find_extra
from sluice.proof.images.redis_images import NotBytes, Value
from sluice.proof.images.source_images import Content
from tests.unit.sluice.proof.images.fake_store import START, FakeStore, content, key, png


def images(folder: Path) -> dict[str, Content]:
    held = content(folder)
    return {name: Content.of(value) for name, value in sorted(held.items()) if isinstance(value, bytes)}


def compare(folder: Path, store: FakeStore, *, limit: int = 20) -> ImageComparison:
    return compare_images(images(folder), store, limit=limit, progress=lambda _: None)


def test_the_same_bytes_are_equal(folder: Path, store: FakeStore):
    found = compare(folder, store)
    assert (found.compared, found.equal, found.missing.count, found.different.count) == (6, 6, 0, 0)
    assert found.all_there


def test_one_byte_makes_an_image_different(folder: Path, store: FakeStore):
    for change in (png(1)[:-1], png(1) + b"\0", b"\0" + png(1)[1:], b""):
        store.content[key(0, 1)] = change
        found = compare(folder, store)
        assert (found.equal, found.different.count) == (5, 1)
        assert found.different.first[0].key == key(0, 1)
        assert found.different.first[0].source == Content.of(png(1))
        assert found.different.first[0].stored == Content.of(change)


def test_a_value_of_another_type_is_different(folder: Path, store: FakeStore):
    store.content[key(0, 1)] = NotBytes(why="it is a list")
    found = compare(folder, store)
    assert found.different.first[0].stored is None
    assert found.wrong == {key(0, 1)}


def test_an_image_with_a_time_to_live_is_different(folder: Path, store: FakeStore):
    store.expiring_keys = frozenset({key(0, 1)})
    found = compare(folder, store)
    assert (found.equal, found.missing.count, found.different.count) == (5, 0, 1)
    assert found.different.first[0].expires


def test_missing_images_are_counted_and_listed_up_to_the_limit(folder: Path, store: FakeStore):
    for number in range(3):
        del store.content[key(1, number)]
    found = compare(folder, store, limit=2)
    assert (found.missing.count, found.missing.first) == (3, (key(1, 0), key(1, 1)))
    assert found.missing_bytes == sum(len(png(10 + number)) for number in range(3))
    assert found.present == tuple(key(0, number) for number in range(3))
    assert compare(folder, FakeStore({})).none_there


def test_each_camera_is_counted_by_itself(folder: Path, store: FakeStore):
    del store.content[key(0, 0)]
    store.content[key(1, 2)] = b"other"
    first, second = compare(folder, store).cameras
    assert (first.name, first.images, first.equal, first.missing, first.different) == ("2012-11-16/Cam0", 3, 2, 1, 0)
    assert (second.equal, second.missing, second.different) == (2, 0, 1)
    assert first.size == sum(len(png(number)) for number in range(3))
    assert second.span == (START, START + 400_000)


def extra(folder: Path, more: Mapping[str, Value], *, limit: int = 20) -> tuple[int, tuple[str, ...]]:
    found = find_extra(images(folder), FakeStore({**content(folder), **more}), limit=limit)
    return found.count, found.first


def test_keys_between_the_first_and_the_last_image_of_a_session_are_extra(folder: Path):
    inside, before, after = f"2012-11-16/Cam0/{START + 1}", f"2012-11-16/Cam0/{START - 1}", key(0, 3)
    assert extra(folder, {inside: b"x", before: b"x", after: b"x"}) == (1, (inside,))


def test_other_sessions_cameras_and_names_are_not_extra(folder: Path):
    others = ["2012-11-17/Cam0/", "2012-11-16/Cam7/", "2012-11-1[6]/Cam0/"]
    assert extra(folder, {f"{other}{START + 1}": b"x" for other in others} | {"2012-11-16/Cam0/note": b"x"}) == (0, ())


def test_extra_keys_are_listed_up_to_the_limit_and_as_printable_text(folder: Path):
    more = {f"2012-11-16/Cam1/{START + number}": b"x" for number in range(1, 4)}
    assert extra(folder, more, limit=1) == (3, (f"2012-11-16/Cam1/{START + 1}",))
