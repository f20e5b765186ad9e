from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError

from producer.images.load import ImageLoad, ImageLoadOptions, tuning
from producer.images.load_report import ImageLoadReport
from producer.images.open_images import open_images
from producer.images.reject_reasons import ImageReason
from producer.images.selection import Selection
from producer.kafka.delivery import Delivery
from producer.kafka.record_arrays import Records
from producer.runtime.exit_status import Exit
from producer.shared.interrupts import StopLoadError
from producer.shared.rejects_file import IMAGES, RejectFile

from ..conftest import Broker
from .image_samples import UTIME, make_tar, picture, session, write_files

pytestmark = pytest.mark.slow

COUNT = 30
LARGEST = 1_000_000
KEYS = sorted((f"2012-11-16/Cam{n % 2}/{UTIME + n // 2 * 200_000}".encode(), picture(n)) for n in range(COUNT))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", session(COUNT))


def load(
    source: Path,
    broker: Broker,
    topic: str,
    *,
    patience: float = 20,
    tick: Callable[[], None] = lambda: None,
    selection: Selection | None = None,
    rejects: Path | None = None,
    **options: Any,
) -> ImageLoadReport:
    with (
        open_images(str(source), env={}, selection=selection or Selection(), max_message_bytes=LARGEST) as opened,
        RejectFile(rejects or source.with_suffix(".rejects.csv"), columns=IMAGES) as file,
        Delivery(broker.settings, topic=topic, patience=patience, tuning=tuning(LARGEST)) as delivery,
    ):
        delivery.connect()
        return ImageLoad(opened, delivery=delivery, rejects=file, options=ImageLoadOptions(**options), tick=tick).run()


def test_every_image_arrives_byte_for_byte(folder: Path, broker: Broker) -> None:
    report = load(folder, broker, "images-whole")
    assert (report.status, report.problem, report.files, report.acknowledged) == (Exit.OK, None, COUNT, COUNT)
    assert report.size == sum(len(data) for _, data in KEYS)
    assert sorted(broker.records("images-whole")) == KEYS


def test_more_than_the_queue_holds_arrives_too(tmp_path: Path, broker: Broker) -> None:
    large = [(f"Cam0/{n}.tiff", picture(n, size=(560, 580))) for n in range(40)]
    report = load(write_files(tmp_path / "s", large), broker, "images-large")
    assert (report.acknowledged, report.size) == (40, sum(len(data) for _, data in large))
    found = {key.decode(): value for key, value in broker.records("images-large")}
    # This broker remembers the newest few megabytes.
    assert found
    assert found.items() <= {f"s/Cam0/{n}": large[n][1] for n in range(40)}.items()


def test_tombstones_have_the_keys_and_no_value(folder: Path, broker: Broker) -> None:
    report = load(folder, broker, "images-tombstones", tombstones=True)
    assert (report.acknowledged, report.size, report.tombstones) == (COUNT, 0, True)
    assert sorted(broker.records("images-tombstones")) == [(key, None) for key, _ in KEYS]


def test_every_file_is_accounted_for(folder: Path, broker: Broker) -> None:
    write_files(folder / "2012-11-16/lb3/Cam0", [("readme", b"x"), ("1.tiff", b""), ("2.tiff", bytes(LARGEST))])
    report = load(folder, broker, "images-rejects", selection=Selection(cameras=frozenset({"Cam0"}), every=2))
    assert report.status is Exit.REJECTED
    assert report.problem is None
    assert report.files == sum(1 for path in folder.rglob("*") if path.is_file())
    # 1.tiff and 2.tiff take a turn each, the first and the last of 17.
    assert report.rejected == {ImageReason.NAME: 1, ImageReason.EMPTY: 1, ImageReason.TOO_LARGE: 1}
    assert (report.acknowledged, report.left_out.every.files, report.left_out.camera.files) == (7, 8, 15)
    assert report.rejects_file is not None
    assert report.rejects_file.read_text().splitlines() == [
        "path,reason,bytes,source", "2012-11-16/lb3/Cam0/1.tiff,empty,0,",
        f"2012-11-16/lb3/Cam0/2.tiff,too-large,{LARGEST},", "2012-11-16/lb3/Cam0/readme,name,1,",
    ]  # fmt: skip


def test_an_image_that_is_too_large_is_rejected_before_it_is_sent(tmp_path: Path, broker: Broker) -> None:
    large = picture(size=(600, 600))
    assert len(large) > LARGEST
    source = write_files(tmp_path / "s", [("Cam0/1.tiff", large), ("Cam0/2.tiff", picture())])
    report = load(source, broker, "images-too-large")
    assert (report.rejected, report.failed, report.acknowledged) == ({ImageReason.TOO_LARGE: 1}, 0, 1)
    assert report.as_lines()[-1].startswith("a record may have 1,000,000 bytes")


def test_rejects_may_be_allowed_or_end_the_load(folder: Path, broker: Broker) -> None:
    write_files(folder / "2012-11-16/lb3/Cam0", [("1.tiff", b""), ("2.tiff", b"")])
    assert load(folder, broker, "images-allowed", max_rejects=2).status is Exit.OK
    report = load(folder, broker, "images-ended", max_rejects=1)
    assert (report.status, report.rejected.total(), report.acknowledged) == (Exit.REJECTED, 2, COUNT // 2)
    assert "more than 1 files were rejected" in (report.problem or "")


def test_reaching_the_default_max_bytes_is_incomplete(folder: Path, broker: Broker) -> None:
    few = Selection(max_bytes=5 * len(picture()))
    assert load(folder, broker, "images-chosen", selection=few).status is Exit.OK
    report = load(folder, broker, "images-default", selection=few, size_was_chosen=False)
    assert (report.status, report.acknowledged, report.left_out.max_bytes.files) == (Exit.INCOMPLETE, 5, COUNT - 5)
    assert "25 more" in (report.problem or "")
    assert "--max-bytes all" in (report.problem or "")


def test_the_report_says_how_much_of_an_archive_was_not_read(tmp_path: Path, broker: Broker) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(make_tar(session(400)))
    report = load(path, broker, "images-rest", selection=Selection(max_bytes=1_000), size_was_chosen=False)
    assert report.rest_unread
    assert "kB) of the archive was not read" in (report.problem or "")


@pytest.mark.parametrize("cameras", [None, frozenset({"Cam5"})])
def test_nothing_to_load_is_a_failure(tmp_path: Path, broker: Broker, cameras: frozenset[str] | None) -> None:
    source = write_files(tmp_path / "s", session(2) if cameras else [])
    source.mkdir(exist_ok=True)
    report = load(source, broker, "images-nothing", selection=Selection(cameras=cameras))
    assert report.status is Exit.FAILED
    assert ("left out by --camera" if cameras else "is empty") in (report.problem or "")


def test_a_source_of_which_all_files_are_rejected_is_a_failure_whatever_is_allowed(
    tmp_path: Path, broker: Broker
) -> None:
    source = write_files(tmp_path / "s", [("Cam0/readme", b"x")])
    report = load(source, broker, "images-none", max_rejects=9)
    assert (report.status, report.complete) == (Exit.FAILED, False)
    assert "has no image: all 1 files were rejected" in (report.problem or "")
    assert load(source, broker, "images-none").status is Exit.REJECTED


def test_a_cut_archive_loads_what_came_and_says_how_far(tmp_path: Path, broker: Broker) -> None:
    path = tmp_path / "cut.tar.gz"
    whole = make_tar(session(COUNT), mode="w:gz")
    path.write_bytes(whole[: len(whole) * 2 // 3])
    report = load(path, broker, "images-cut")
    assert report.status is Exit.INCOMPLETE
    assert 0 < report.acknowledged < COUNT
    assert f"{report.acknowledged} images in all" in (report.problem or "")
    assert set(broker.records("images-cut")) < set(KEYS)


def test_a_broker_that_goes_away_for_good_ends_the_load(folder: Path, mortal_broker: Broker) -> None:
    report = load(folder, mortal_broker, "images-away", patience=1, tick=mortal_broker.vanish)
    assert (report.status, report.failed, report.acknowledged, report.size) == (Exit.INCOMPLETE, COUNT, 0, 0)
    assert f"0 images were acknowledged, {COUNT} were not" in (report.problem or "")


def test_acknowledged_bytes_are_right_after_failures(folder: Path, mortal_broker: Broker) -> None:
    source = Selection(cameras=frozenset({"Cam0"}))
    one = load(folder, mortal_broker, "images-some", selection=source)
    assert one.size == 15 * len(picture())
    with Delivery(mortal_broker.settings, topic="images-some", patience=600, tuning=tuning(LARGEST)) as delivery:
        delivery.connect()
        delivery.send(Records.from_pairs([(b"a", bytes(100)), (b"b", None)]), tick=lambda: None)
        delivery.finish(tick=lambda: None)
        mortal_broker.vanish()
        delivery.send(Records.from_pairs([(b"c", bytes(1_000)), (b"d", bytes(10_000))]), tick=lambda: None)
        delivery.abandon()
        assert delivery.problem is not None
        assert delivery.problem.code() == KafkaError._PURGE_QUEUE
        assert (delivery.acknowledged, delivery.acknowledged_bytes, delivery.failed_bytes) == (2, 100, 11_000)


def test_a_stopped_load_waits_for_the_records_sent(folder: Path, broker: Broker) -> None:
    ticks = iter(range(9))

    def tick() -> None:
        if next(ticks, None) == 8:
            raise StopLoadError

    report = load(folder, broker, "images-stop", tick=tick)
    assert (report.status, report.failed) == (Exit.INTERRUPTED, 0)
    assert 0 < report.acknowledged < COUNT
    assert len(broker.records("images-stop")) == report.acknowledged


def test_rejects_that_cannot_be_written_end_the_load(folder: Path, broker: Broker, tmp_path: Path) -> None:
    write_files(folder, [("Cam0/1.tiff", b"")])
    report = load(folder, broker, "images-unwritable", rejects=tmp_path / "missing/x.csv")
    assert report.status is Exit.FAILED
    assert "cannot be written" in (report.problem or "")
    assert "they are in" not in "".join(report.as_lines())


def test_the_report_has_every_count(folder: Path, broker: Broker) -> None:
    write_files(folder / "2012-11-16/lb3/Cam0", [("readme", b"x")])
    report = load(folder, broker, "images-report", selection=Selection(every=3))
    result = report.as_json()
    assert (result["files"], result["acknowledged"], result["complete"]) == (COUNT + 1, 10, True)
    assert result["rejected"] == {"name": 1}
    assert result["left_out"] == {"every": {"files": 20, "bytes": 20 * len(picture())}}
    lines = report.as_lines()
    assert f"10 of {COUNT + 1} files loaded, 2.8 kB in" in lines[0]
    assert lines[1].startswith("1 files rejected; they are in")
    assert lines[-1] == "20 files (5.7 kB) left out by --every"
