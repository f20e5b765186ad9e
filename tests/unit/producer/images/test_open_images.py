"""Folders and archives of images, read by open_images."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Generator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from producer.images.open_images import open_images
from producer.images.selection import Selection
from producer.runtime.exit_status import Exit, SluiceError

from .image_samples import UTIME, make_tar, member, picture, read, read_source, session, write_files

KEYS = {f"2012-11-16/Cam{n % 2}/{UTIME + n // 2 * 200_000}": picture(n) for n in range(4)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", session())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "2012-11-16_lb3.tar.gz"
    path.write_bytes(make_tar(session(), mode="w:gz"))
    return path


@pytest.mark.parametrize("inside", [".", "2012-11-16", "2012-11-16/lb3"])
def test_every_folder_above_the_images_gives_the_same_keys(folder: Path, inside: str) -> None:
    images, refused, source = read_source(folder / inside)
    assert (images, refused) == (KEYS, {})
    assert source.position() == source.size == sum(map(len, KEYS.values()))


def test_one_camera_of_a_session_can_be_the_source(folder: Path) -> None:
    images, _, _ = read_source(folder / "2012-11-16/lb3/Cam1")
    assert set(images) == {key for key in KEYS if "/Cam1/" in key}


def test_an_archive_is_read_compressed_or_not_from_disk_or_a_pipe(archive: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.tar"
    plain.write_bytes(gzip.decompress(archive.read_bytes()))
    for spec in (archive, plain):
        images, refused, source = read_source(spec)
        assert (images, refused) == (KEYS, {})
        assert source.position() == source.size == spec.stat().st_size
    assert read_source("-", stdin=archive.read_bytes())[0] == KEYS


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
        read_source("nclt:2012-11-16/gps.csv")
    assert caught.value.status is Exit.USAGE


def test_a_missing_source_or_one_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match=r"there is no .*missing; check"):
        read_source(tmp_path / "missing")
    log = write_files(tmp_path, [("gps.csv", b"1,2,3\n")]) / "gps.csv"
    with pytest.raises(SluiceError, match="neither a folder of images nor a tar archive"):
        read_source(log)


@pytest.mark.parametrize("members", [[], [(member("Cam0", type=tarfile.DIRTYPE), b"")]])
def test_an_empty_source_yields_nothing(tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    path = tmp_path / "empty.tar"
    path.write_bytes(make_tar(members))
    (tmp_path / "none").mkdir()
    for spec in (path, tmp_path / "none"):
        images, refused, source = read_source(spec)
        assert (images, refused, source.left_out.files) == ({}, {}, 0)


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
        result = json.loads(done.stdout)
        assert result["images"] == count
        peaks.append(result["peak"])
    assert peaks[1] - peaks[0] < 10_000


PEAK = """
import json, re, sys
from producer.images.open_images import open_images
from producer.images.selection import Selection

with open_images(sys.argv[1], env={}, selection=Selection()) as source:
    images = sum(1 for image in source)
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read()).group(1))
print(json.dumps({"images": images, "peak": peak}))
"""
