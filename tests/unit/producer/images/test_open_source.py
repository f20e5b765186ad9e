"""Folders and archives of images, as `open_images` reads them."""

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Generator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from producer.images.open_source import Image, ImageReason, Refused, Selection, SourceCutError, detect_kind, open_images
from producer.images.record_size import IMAGE_CEILING, message_bytes
from producer.runtime.exit_status import Exit, SluiceError

from .support import UTIME, look, member, picture, put, read, session, tar

KEYS = {f"2012-11-16/Cam{n % 2}/{UTIME + n // 2 * 200_000}": picture(n) for n in range(4)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put(tmp_path / "data", session())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "2012-11-16_lb3.tar.gz"
    path.write_bytes(tar(session(), mode="w:gz"))
    return path


@pytest.mark.parametrize("inside", [".", "2012-11-16", "2012-11-16/lb3"])
def test_a_folder_is_read_from_wherever_it_is_named(folder: Path, inside: str) -> None:
    images, refused, source = look(folder / inside)
    assert (images, refused) == (KEYS, {})
    assert source.position() == source.size == sum(map(len, KEYS.values()))


def test_one_camera_of_a_session_can_be_the_source(folder: Path) -> None:
    images, _, _ = look(folder / "2012-11-16/lb3/Cam1")
    assert set(images) == {key for key in KEYS if "/Cam1/" in key}


def test_an_archive_is_read_packed_or_not_from_disk_or_a_pipe(archive: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.tar"
    plain.write_bytes(gzip.decompress(archive.read_bytes()))
    for spec in (archive, plain):
        images, refused, source = look(spec)
        assert (images, refused) == (KEYS, {})
        assert source.position() == source.size == spec.stat().st_size
    assert look("-", stdin=archive.read_bytes())[0] == KEYS


@pytest.fixture
def web(tmp_path: Path) -> Generator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_session_of_the_data_set_comes_from_the_web(archive: Path, web: str) -> None:
    (archive.parent / "images").mkdir()
    archive.rename(archive.parent / "images" / archive.name)
    for spec in ("nclt:2012-11-16/lb3", "nclt:2012-11-16", f"{web}/images/{archive.name}"):
        with open_images(spec, env={"SLUICE_NCLT_URL": web}, selection=Selection()) as source:
            assert read(source) == (KEYS, {})
    with pytest.raises(SluiceError, match=r"images are nclt:2012-11-16/lb3") as caught:
        look("nclt:2012-11-16/gps.csv")
    assert caught.value.status is Exit.USAGE


def test_what_is_no_source_of_images_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match=r"there is no .*missing; check"):
        look(tmp_path / "missing")
    log = put(tmp_path, [("gps.csv", b"1,2,3\n")]) / "gps.csv"
    with pytest.raises(SluiceError, match="neither a folder of images nor a tar archive"):
        look(log)


def test_files_that_are_refused_have_their_reasons(folder: Path) -> None:
    lb3 = "2012-11-16/lb3"
    put(
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
    images, refused, _ = look(folder, largest=20_000)
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


def test_a_refused_file_does_not_make_a_good_one_a_duplicate(tmp_path: Path) -> None:
    images, refused, _ = look(put(tmp_path, [("Cam0/1.png", b""), ("Cam0/1.tiff", picture())]))
    assert (len(images), refused) == (1, {"Cam0/1.png": "empty"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused_and_the_rest_read(folder: Path) -> None:
    (folder / f"2012-11-16/lb3/Cam0/{UTIME}.tiff").chmod(0)
    (folder / "2012-11-16/lb3/Cam1").chmod(0)
    try:
        images, refused, _ = look(folder)
    finally:
        (folder / "2012-11-16/lb3/Cam1").chmod(0o755)
    assert refused == {f"2012-11-16/lb3/Cam0/{UTIME}.tiff": "unreadable", "2012-11-16/lb3/Cam1/": "unreadable"}
    assert len(images) == 1


def test_a_file_that_vanishes_or_shrinks_meanwhile_is_refused(folder: Path) -> None:
    first, second = (folder / f"2012-11-16/lb3/Cam0/{UTIME + n}.tiff" for n in (0, 200_000))
    with open_images(str(folder), env={}, selection=Selection(cameras=frozenset({"Cam0"}))) as source:
        first.unlink()
        second.write_bytes(second.read_bytes()[:-9])
        assert set(read(source)[1].values()) <= {"unreadable", "truncated"}


def test_a_name_that_is_not_utf_8_is_refused_and_shown(tmp_path: Path) -> None:
    packed = tar([(member("Cam0/1.tiff", size=5), b"bytes"), ("Cam0/2.tiff", picture())]).replace(
        b"Cam0/1.", b"Cam\xff/1."
    )
    head = bytearray(packed[:512])
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    path = tmp_path / "names.tar"
    path.write_bytes(bytes(head) + packed[512:])
    images, refused, _ = look(path)
    assert refused == {"Cam\\xff/1.tiff": "path"}
    assert set(images) == {"names/Cam0/2"}


def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.tar"
    kinds = {"sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "dev": tarfile.CHRTYPE, "pipe": tarfile.FIFOTYPE}
    odd = [(member(f"Cam0/{name}", type=kind, linkname="/etc/passwd"), b"") for name, kind in kinds.items()]
    path.write_bytes(tar([(member("Cam0", type=tarfile.DIRTYPE), b""), *odd, *session()]))
    images, refused, _ = look(path)
    assert refused == {f"Cam0/{name}": "not-a-file" for name in kinds}
    assert images == KEYS


def test_a_file_that_was_packed_as_sparse_is_read_whole(tmp_path: Path) -> None:
    with_hole = picture(size=(400, 400))[:-400_000]
    (tmp_path / "1.tiff").write_bytes(with_hole)
    os.truncate(tmp_path / "1.tiff", len(with_hole) + 400_000)
    for kind in ("gnu", "pax"):
        archive = tmp_path / f"{kind}.tar"
        subprocess.run(["tar", f"--format={kind}", "-cSf", str(archive), "-C", str(tmp_path), "1.tiff"], check=True)
        assert archive.stat().st_size < 200_000
        assert list(look(archive)[0].values()) == [(tmp_path / "1.tiff").read_bytes()]


def test_a_member_that_claims_ten_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tar"
    huge = member("2012-11-16/lb3/Cam0/1.tiff", size=10 << 30).tobuf(tarfile.GNU_FORMAT)
    good = tar(session())
    end = good.rindex(b"Cam1/") // 512 * 512 + 1024
    path.write_bytes(good[:end] + huge)
    with open_images(str(path), env={}, selection=Selection(max_bytes=None)) as source:
        items = iter(source)
        for _ in KEYS:
            next(items)
        refusal = next(items)
        assert refusal == Refused(
            name="2012-11-16/lb3/Cam0/1.tiff", reason=ImageReason.TOO_LARGE, size=10 << 30, key="2012-11-16/Cam0/1"
        )
        with pytest.raises(SourceCutError, match="unexpected end of data"):
            next(items)


def test_such_a_member_does_not_use_up_what_may_be_loaded(tmp_path: Path) -> None:
    path = put(tmp_path / "s", [("Cam0/2.tiff", picture())])
    with (path / "Cam0/1.tiff").open("wb") as file:
        file.truncate(IMAGE_CEILING + 1)
    images, refused, _ = look(path, max_bytes=1_000)
    assert (set(images), refused) == ({"s/Cam0/2"}, {"Cam0/1.tiff": "too-large"})


def test_an_image_of_just_the_size_of_a_message_is_taken(tmp_path: Path) -> None:
    path = put(tmp_path / "s", [("Cam0/1.tiff", picture())])
    limit = message_bytes(key=len("s/Cam0/1"), value=len(picture()))
    assert look(path, largest=limit)[1] == {}
    assert look(path, largest=limit - 1)[1] == {"Cam0/1.tiff": "too-large"}


def test_a_selection_is_the_same_in_a_folder_and_an_archive(tmp_path: Path) -> None:
    members = sorted(session(40, cameras=3))
    folder = put(tmp_path / "f", members)
    path = tmp_path / "a.tar"
    path.write_bytes(tar(members))
    size = len(members[0][1])
    choices: list[dict[str, Any]] = [
        {"cameras": frozenset({"Cam1"})}, {"every": 3}, {"limit": 5}, {"max_bytes": 7 * size + 1},
        {"cameras": frozenset({"Cam0", "Cam2"}), "every": 2, "limit": 9},
    ]  # fmt: skip
    for chosen in choices:
        one, other = look(folder, **chosen), look(path, **chosen)
        assert one[0] == other[0]
        assert one[2].left_out.files + len(one[0]) == 40
        assert one[2].size == sum(map(len, one[0].values()))


def test_an_archive_is_not_read_on_when_no_more_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar(session(200)))
    images, _, source = look(path, limit=3)
    assert (len(images), source.rest_unread, source.left_out.limit.files) == (3, True, 1)
    assert source.position() < 200_000 < path.stat().st_size
    images, _, source = look(path, limit=200)
    assert (len(images), source.rest_unread, source.left_out.files) == (200, False, 0)


@pytest.mark.parametrize("members", [[], [(member("Cam0", type=tarfile.DIRTYPE), b"")]])
def test_an_empty_source_has_nothing(tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    path = tmp_path / "empty.tar"
    path.write_bytes(tar(members))
    (tmp_path / "none").mkdir()
    for spec in (path, tmp_path / "none"):
        images, refused, source = look(spec)
        assert (images, refused, source.left_out.files) == ({}, {}, 0)


class TestCut:
    """Wherever an archive is cut or damaged, it is noticed, and what came before is handed over."""

    @pytest.mark.parametrize("packed", [True, False])
    def test_at_any_place(self, tmp_path: Path, packed: bool) -> None:
        whole = tar(session())
        end = whole.rindex(b"Cam1/") // 512 * 512 + 1_024  # of the last member's content
        data = gzip.compress(whole) if packed else whole
        path = tmp_path / "cut.tar"
        last = len(data) - 1 if packed else end + 511
        for size in [*range(515, last, 211), last]:
            path.write_bytes(data[:size])
            with open_images(str(path), env={}, selection=Selection()) as source:
                images: dict[str, bytes] = {}
                with pytest.raises(SourceCutError, match=r"could not be read to its end: .*bytes were read"):
                    images.update((item.key, item.data) for item in source if isinstance(item, Image))
            assert images.items() <= KEYS.items()

    def test_between_two_members(self, tmp_path: Path) -> None:
        path = tmp_path / "cut.tar"
        whole = tar(session())
        path.write_bytes(whole[: whole.index(b"2012-11-16", 600)])
        with pytest.raises(SourceCutError, match="the archive's end is missing"):
            look(path)

    def test_a_damaged_header_is_not_taken_for_the_end(self, tmp_path: Path) -> None:
        path = tmp_path / "damaged.tar"
        data = bytearray(tar(session()))
        data[data.index(b"2012-11-16", 600) + 3] ^= 1
        path.write_bytes(data)
        with pytest.raises(SourceCutError, match="a member's header is damaged"):
            look(path)

    def test_a_wrong_checksum_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "damaged.tar.gz"
        data = bytearray(tar(session(), mode="w:gz"))
        data[-8] ^= 1
        path.write_bytes(data)
        with pytest.raises(SourceCutError, match="CRC check failed"):
            look(path)

    def test_a_second_archive_behind_the_first_is_not_passed_over(self, tmp_path: Path) -> None:
        path = tmp_path / "two.tar"
        path.write_bytes(tar(session()) * 2)
        with pytest.raises(SourceCutError, match="there is more after the archive's end"):
            look(path)

    def test_a_header_that_claims_a_gigabyte_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "long.tar"
        long = member("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=1 << 30)
        path.write_bytes(tar(session())[:1_024] + long.tobuf(tarfile.GNU_FORMAT) + bytes(2_048))
        with pytest.raises(SourceCutError, match="header claims 1,073,741,824 bytes"):
            look(path)

    def test_a_download(self) -> None:
        body = tar(session(40), mode="w:gz")

        class Cutting(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Cutting)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(SourceCutError, match="could not be read to its end"):
            look(f"http://127.0.0.1:{server.server_port}/2012-11-16_lb3.tar.gz")
        server.shutdown()
        server.server_close()


def test_images_are_told_from_logs(folder: Path, archive: Path, tmp_path: Path) -> None:
    def told(spec: Path | str) -> bool:
        with detect_kind(str(spec), env={}, stdin=io.BytesIO(b"1,2,3\n")) as found:
            return found.images

    put(tmp_path, [("gps.csv", b"1,2,3\n"), ("gps.csv.gz", gzip.compress(b"1,2,3\n"))])
    sensors = tmp_path / "2012-11-16_sen.tar.gz"
    sensors.write_bytes(tar([("2012-11-16/README", b"x"), ("2012-11-16/gps.csv", b"1,2\n")], mode="w:gz"))
    assert all(map(told, [folder, archive, "nclt:2012-11-16/lb3"]))
    others = [tmp_path / "gps.csv", tmp_path / "gps.csv.gz", sensors, f"{sensors}::a/gps.csv", "nclt:2012-11-16", "-"]
    assert not any(map(told, others))
    with pytest.raises(SluiceError, match="there is no"):
        told(tmp_path / "missing")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_flat(tmp_path: Path) -> None:
    """A process that reads eight times as many images takes hardly more memory."""
    peaks: list[int] = []
    for count in (40, 320):
        path = tmp_path / f"{count}.tar"
        with tarfile.open(path, "w") as packed:
            for number in range(count):
                data = picture(number, size=(600, 500))
                packed.addfile(member(f"Cam0/{number}.tiff", size=len(data)), io.BytesIO(data))
        done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        assert told["images"] == count
        peaks.append(told["peak"])
    assert peaks[1] - peaks[0] < 10_000


PEAK = """
import json, re, sys
from producer.images.open_source import Image, ImageReason, Refused, Selection, open_images

with open_images(sys.argv[1], env={}, selection=Selection()) as source:
    images = sum(1 for image in source)
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read()).group(1))
print(json.dumps({"images": images, "peak": peak}))
"""
