from hashlib import sha256
from pathlib import Path

from producer.images.open_images import open_images
from producer.images.reject_reasons import ImageReason
from producer.images.selection import Selection
from sluice.proof.images.source_images import ImagesSummary, read_images
from tests.unit.sluice.proof.images.fake_store import key, png, utime


def read(folder: Path, *, selection: Selection | None = None, limit: int = 20) -> ImagesSummary:
    with open_images(str(folder), env={}, selection=selection or Selection()) as source:
        return read_images(source, limit=limit, progress=lambda _: None)


def test_every_image_is_kept_with_its_size_and_hash(folder: Path):
    summary = read(folder)
    assert list(summary.images) == [key(camera, number) for camera in range(2) for number in range(3)]
    assert summary.images[key(1, 2)] == (len(png(12)), sha256(png(12)).hexdigest())
    assert summary.bytes == sum(len(png(10 * camera + number)) for camera in range(2) for number in range(3))
    assert summary.span == (utime(0), utime(2))
    assert summary.is_complete


def test_rejected_files_are_counted_by_reason_and_listed_up_to_the_limit(folder: Path):
    for number in range(5, 8):
        (folder / "lb3/Cam0" / f"{utime(number)}.png").write_bytes(b"nothing")
    summary = read(folder, limit=2)
    assert summary.reasons == {ImageReason.NOT_AN_IMAGE: 3}
    assert (summary.rejected, len(summary.rejects), len(summary.images)) == (3, 2, 6)


def test_a_selection_of_cameras_is_complete_and_one_of_images_is_not(folder: Path):
    cameras = read(folder, selection=Selection(cameras=frozenset({"Cam1"})))
    assert (len(cameras.images), cameras.left_out.files, cameras.is_complete) == (3, 3, True)
    assert not read(folder, selection=Selection(every=2)).is_complete
    assert not read(folder, selection=Selection(limit=5)).is_complete
    assert not read(folder, selection=Selection(max_bytes=len(png(1)) * 3)).is_complete
    assert read(folder, selection=Selection(limit=6)).is_complete


def test_an_empty_folder_has_no_span(tmp_path: Path):
    summary = read(tmp_path)
    assert (summary.images, summary.span, summary.bytes) == ({}, None, 0)
