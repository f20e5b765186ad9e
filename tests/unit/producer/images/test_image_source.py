import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from producer.images.image_files import RejectedFile
from producer.images.open_images import open_images
from producer.images.record_size import MAX_IMAGE_BYTES, batch_bytes
from producer.images.reject_reasons import ImageReason
from producer.images.selection import Selection
from producer.sources.source_errors import SourceCutError

from .image_samples import UTIME, make_tar, member, picture, read, read_source, session, write_files

KEYS = {f"2012-11-16/Cam{n % 2}/{UTIME + n // 2 * 200_000}": picture(n) for n in range(4)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", session())


def test_rejected_files_have_their_reasons(folder: Path) -> None:
    lb3 = "2012-11-16/lb3"
    write_files(
        folder,
        [
            (f"{lb3}/Cam0/readme.txt", b"hello"),
            (f"{lb3}/Cam0/1.tiff", b""),
            (f"{lb3}/Cam0/2.tiff", b"no image"),
            (f"{lb3}/Cam0/3.tiff", picture(size=(50, 50))[:-1]),
            (f"{lb3}/Cam1/{UTIME}.png", picture(kind="PNG")),
            (f"{lb3}/Cam2/5.tiff", picture(size=(90, 90))),
        ],
    )
    (folder / lb3 / "Cam0/4.tiff").symlink_to(folder / lb3 / f"Cam0/{UTIME}.tiff")
    (folder / lb3 / "Cam9").symlink_to(folder / lb3 / "Cam0")
    os.mkfifo(folder / lb3 / "Cam0/6.tiff")
    images, refused, _ = read_source(folder, largest=20_000)
    assert refused == {
        f"{lb3}/Cam0/readme.txt": "name",
        f"{lb3}/Cam0/1.tiff": "empty",
        f"{lb3}/Cam0/2.tiff": "not-an-image",
        f"{lb3}/Cam0/3.tiff": "truncated",
        f"{lb3}/Cam0/4.tiff": "not-a-file",
        f"{lb3}/Cam0/6.tiff": "not-a-file",
        f"{lb3}/Cam1/{UTIME}.tiff": "duplicate",
        f"{lb3}/Cam2/5.tiff": "too-large",
        f"{lb3}/Cam9": "not-a-file",
    }
    assert set(images) == set(KEYS)


def test_a_rejected_file_does_not_make_a_good_one_a_duplicate(tmp_path: Path) -> None:
    images, refused, _ = read_source(write_files(tmp_path, [("Cam0/1.png", b""), ("Cam0/1.tiff", picture())]))
    assert (len(images), refused) == (1, {"Cam0/1.png": "empty"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_rejected_and_the_others_are_read(folder: Path) -> None:
    (folder / f"2012-11-16/lb3/Cam0/{UTIME}.tiff").chmod(0)
    (folder / "2012-11-16/lb3/Cam1").chmod(0)
    try:
        images, refused, _ = read_source(folder)
    finally:
        (folder / "2012-11-16/lb3/Cam1").chmod(0o755)
    assert refused == {f"2012-11-16/lb3/Cam0/{UTIME}.tiff": "unreadable", "2012-11-16/lb3/Cam1/": "unreadable"}
    assert len(images) == 1


def test_a_file_that_vanishes_or_shrinks_meanwhile_is_rejected(folder: Path) -> None:
    first, second = (folder / f"2012-11-16/lb3/Cam0/{UTIME + n}.tiff" for n in (0, 200_000))
    with open_images(str(folder), env={}, selection=Selection(cameras=frozenset({"Cam0"}))) as source:
        first.unlink()
        second.write_bytes(second.read_bytes()[:-9])
        assert set(read(source)[1].values()) <= {"unreadable", "truncated"}


def test_a_name_that_is_not_utf_8_is_rejected_and_shown(tmp_path: Path) -> None:
    packed = make_tar([(member("Cam0/1.tiff", size=5), b"bytes"), ("Cam0/2.tiff", picture())]).replace(
        b"Cam0/1.", b"Cam\xff/1."
    )
    head = bytearray(packed[:512])
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    path = tmp_path / "names.tar"
    path.write_bytes(bytes(head) + packed[512:])
    images, refused, _ = read_source(path)
    assert refused == {"Cam\\xff/1.tiff": "path"}
    assert set(images) == {"names/Cam0/2"}


def test_links_and_devices_in_an_archive_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "odd.tar"
    kinds = {"sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "dev": tarfile.CHRTYPE, "pipe": tarfile.FIFOTYPE}
    odd = [(member(f"Cam0/{name}", type=kind, linkname="/etc/passwd"), b"") for name, kind in kinds.items()]
    path.write_bytes(make_tar([(member("Cam0", type=tarfile.DIRTYPE), b""), *odd, *session()]))
    images, refused, _ = read_source(path)
    assert refused == {f"Cam0/{name}": "not-a-file" for name in kinds}
    assert images == KEYS


def test_a_sparse_member_is_read_whole(tmp_path: Path) -> None:
    with_hole = picture(size=(400, 400))[:-400_000]
    (tmp_path / "1.tiff").write_bytes(with_hole)
    os.truncate(tmp_path / "1.tiff", len(with_hole) + 400_000)
    for kind in ("gnu", "pax"):
        archive = tmp_path / f"{kind}.tar"
        subprocess.run(["tar", f"--format={kind}", "-cSf", str(archive), "-C", str(tmp_path), "1.tiff"], check=True)
        assert archive.stat().st_size < 200_000
        assert list(read_source(archive)[0].values()) == [(tmp_path / "1.tiff").read_bytes()]


def test_a_member_that_claims_ten_gigabytes_is_rejected_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tar"
    huge = member("2012-11-16/lb3/Cam0/1.tiff", size=10 << 30).tobuf(tarfile.GNU_FORMAT)
    good = make_tar(session())
    end = good.rindex(b"Cam1/") // 512 * 512 + 1024
    path.write_bytes(good[:end] + huge)
    with open_images(str(path), env={}, selection=Selection(max_bytes=None)) as source:
        items = iter(source)
        for _ in KEYS:
            next(items)
        refusal = next(items)
        assert refusal == RejectedFile(
            name="2012-11-16/lb3/Cam0/1.tiff", reason=ImageReason.TOO_LARGE, size=10 << 30, key="2012-11-16/Cam0/1"
        )
        with pytest.raises(SourceCutError, match="unexpected end of data"):
            next(items)


def test_a_member_rejected_by_size_does_not_count_towards_max_bytes(tmp_path: Path) -> None:
    path = write_files(tmp_path / "s", [("Cam0/2.tiff", picture())])
    with (path / "Cam0/1.tiff").open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)
    images, refused, _ = read_source(path, max_bytes=1_000)
    assert (set(images), refused) == ({"s/Cam0/2"}, {"Cam0/1.tiff": "too-large"})


def test_an_image_at_the_limit_of_the_topic_is_accepted(tmp_path: Path) -> None:
    path = write_files(tmp_path / "s", [("Cam0/1.tiff", picture())])
    limit = batch_bytes(key=len("s/Cam0/1"), value=len(picture()))
    assert read_source(path, largest=limit)[1] == {}
    assert read_source(path, largest=limit - 1)[1] == {"Cam0/1.tiff": "too-large"}


def test_a_selection_is_the_same_in_a_folder_and_an_archive(tmp_path: Path) -> None:
    members = sorted(session(40, cameras=3))
    folder = write_files(tmp_path / "f", members)
    path = tmp_path / "a.tar"
    path.write_bytes(make_tar(members))
    size = len(members[0][1])
    choices: list[dict[str, Any]] = [
        {"cameras": frozenset({"Cam1"})}, {"every": 3}, {"limit": 5}, {"max_bytes": 7 * size + 1},
        {"cameras": frozenset({"Cam0", "Cam2"}), "every": 2, "limit": 9},
    ]  # fmt: skip
    for chosen in choices:
        one, other = read_source(folder, **chosen), read_source(path, **chosen)
        assert one[0] == other[0]
        assert one[2].left_out.files + len(one[0]) == 40
        assert one[2].size == sum(map(len, one[0].values()))


def test_an_archive_is_not_read_beyond_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(make_tar(session(200)))
    images, _, source = read_source(path, limit=3)
    assert (len(images), source.rest_unread, source.left_out.limit.files) == (3, True, 1)
    assert source.position() < 200_000 < path.stat().st_size
    images, _, source = read_source(path, limit=200)
    assert (len(images), source.rest_unread, source.left_out.files) == (200, False, 0)
