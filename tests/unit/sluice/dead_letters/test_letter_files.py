"""Tests of the files of dead letters; rows and images are read back as a load reads them."""

import json
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from producer.gps.check_rows import read_fixes
from producer.gps.parse_row import GpsFix, parse_row
from producer.gps.row_formats import FORMATS, make_encoder
from producer.images.image_source import Image
from producer.images.open_images import open_images
from producer.images.selection import Selection
from producer.runtime.exit_status import Exit, SluiceError
from producer.sample_images import write_images
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.letter_files import check_overwrite, file_format, newest_images, rest_path, write_letters
from tests.unit.sluice.dead_letters.letters import DECODE, ROW, UTIME, fix, letter, other_schema_value


def rest(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text().splitlines()
    return [(found["letter"], found["why_not"]) for found in map(json.loads, lines)]


def test_rows_are_read_back_as_they_were(tmp_path: Path):
    file = tmp_path / "rows.csv"
    written = write_letters([letter(1), letter(2, key=None, value=fix(UTIME + 5))], file, decode=DECODE)
    fixes = list(read_fixes(BytesIO(file.read_bytes())))
    assert fixes == [parse_row(ROW % UTIME), parse_row(ROW % (UTIME + 5))]
    assert all(isinstance(fix, GpsFix) for fix in fixes)
    assert (written.letters, written.rest, written.rest_file) == (2, 0, None)


@pytest.mark.parametrize("name", FORMATS)
def test_rows_of_every_format_are_read_back_as_they_were(tmp_path: Path, name: str):
    file = tmp_path / "rows.csv"
    row = parse_row(ROW % UTIME)
    value = make_encoder(name, schema_id=9 if name == "protobuf" else 7).encode_value(row)
    write_letters([letter(1, value=value)], file, decode=DECODE)
    assert list(read_fixes(BytesIO(file.read_bytes()))) == [row]


def test_only_the_newest_letter_of_a_utime_is_written(tmp_path: Path):
    file = tmp_path / "rows.csv"
    newer = fix().replace(fix()[-8:], bytes(8))  # another speed
    written = write_letters([letter(1), letter(2, value=newer)], file, decode=DECODE)
    assert (written.letters, written.older) == (1, 1)
    assert file.read_text().splitlines()[1].endswith(",0.0")


def test_letters_that_are_no_rows_go_into_the_rest_file_with_the_reason(tmp_path: Path):
    letters = [
        letter(1, value=b'{"utime": 1}'),
        letter(2, value=None),
        letter(3, value=fix()[:-3]),
        letter(4, key=b"1353500000000009"),
        letter(5, value=other_schema_value()),
        letter(6, topic="redis-sink-dead-letters", origin="images", value=b"image"),
    ]
    written = write_letters(letters, tmp_path / "rows.csv", decode=DECODE)
    assert (written.letters, written.rest, written.others) == (0, 5, 1)
    assert rest(tmp_path / "rows.rest.jsonl") == [
        ("mysql-sink:0:1", "its value cannot be decoded as a fix"),
        ("mysql-sink:0:2", "it has no value: it was to delete the row of its key"),
        ("mysql-sink:0:3", "its value cannot be decoded as a fix"),
        ("mysql-sink:0:4", f"its key says 1353500000000009 and its value {UTIME}"),
        ("mysql-sink:0:5", "its value cannot be decoded as a fix"),
    ]


def test_images_are_read_back_byte_for_byte(tmp_path: Path):
    (key,) = write_images(tmp_path / "made", count=1, size=(20, 10))
    (data,) = [path.read_bytes() for path in (tmp_path / "made").rglob("*.tiff")]
    letters = [
        letter(number, topic="redis-sink-dead-letters", origin="images", key=key_, value=data)
        for number, key_ in enumerate((key.encode(), b"../../etc/1", None), 1)
    ]
    file = tmp_path / "2012-11-16.tar"
    assert write_letters(letters, file, decode=DECODE).letters == 3
    with open_images(str(file), env={}, selection=Selection()) as source:
        read = [item for item in source if isinstance(item, Image)]
    assert [(item.key, item.data) for item in read] == [(key, data)]
    with tarfile.open(file) as tar:
        assert tar.getnames()[1:] == ["without-a-key/redis-sink-0-2.tiff", "without-a-key/redis-sink-0-3.tiff"]


def test_jsonl_holds_every_letter_complete(tmp_path: Path):
    file = tmp_path / "all.jsonl"
    write_letters([letter(1, key=b"\x1b\xff", own=[("who", b"\x9b")])], file, decode=DECODE)
    assert b"\x1b" not in file.read_bytes()
    (found,) = map(json.loads, file.read_text().splitlines())
    assert (found["key_hex"], found["value_hex"]) == ("1bff", fix().hex())


def test_existing_file_is_overwritten_only_with_force(tmp_path: Path):
    (tmp_path / "rows.rest.jsonl").touch()
    with pytest.raises(SluiceError, match="is there already"):
        check_overwrite(tmp_path / "rows.csv", force=False)
    check_overwrite(tmp_path / "rows.csv", force=True)
    with pytest.raises(SluiceError, match="must end in") as caught:
        file_format(tmp_path / "rows.txt")
    assert caught.value.status is Exit.USAGE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk_is_reported(tmp_path: Path):
    (tmp_path / "rows.csv").symlink_to("/dev/full")
    with pytest.raises(SluiceError, match="No space left"):
        write_letters([letter(1)], tmp_path / "rows.csv", decode=DECODE)


def fail_after(letters: list[DeadLetter]) -> Iterator[DeadLetter]:
    yield from letters
    raise SluiceError("Kafka is silent")


@pytest.mark.parametrize("name", ["rows.csv", "images.tar", "all.jsonl"])
def test_existing_file_stays_if_reading_the_letters_fails(tmp_path: Path, name: str):
    file, beside = tmp_path / name, rest_path(tmp_path / name)
    file.write_text("earlier")
    beside.write_text("earlier too")
    letters = [letter(1), letter(2, value=None), letter(3, origin="images", value=b"image")]
    with pytest.raises(SluiceError, match="silent"):
        write_letters(fail_after(letters), file, decode=DECODE)
    assert (file.read_text(), beside.read_text()) == ("earlier", "earlier too")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, beside.name])


def test_rest_file_of_an_earlier_run_is_removed(tmp_path: Path):
    rest_path(tmp_path / "rows.csv").write_text("earlier")
    write_letters([letter(1)], tmp_path / "rows.csv", decode=DECODE)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_only_the_newest_letter_of_an_image_key_is_written(tmp_path: Path):
    letters = [
        letter(number, topic="redis-sink-dead-letters", origin="images", key=key, value=value)
        for number, (key, value) in enumerate([(b"s/Cam0/1", b"old"), (b"s/Cam0/1", b"\xff\xd8\xffnew"), (None, b"a")])
    ]
    written = write_letters(letters, tmp_path / "images.tar", decode=DECODE, newest=newest_images(letters))
    assert (written.letters, written.older) == (2, 1)
    assert "1 left out: a newer dead letter has the same key" in written.sentences()
    with tarfile.open(tmp_path / "images.tar") as tar:
        assert tar.getnames() == ["s/Cam0/1.jpg", "without-a-key/redis-sink-0-2.bin"]
