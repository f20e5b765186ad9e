"""Cut and damaged archives: noticed wherever it is, after the members before it have been read."""

import gzip
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from producer.images.image_source import Image
from producer.images.open_images import open_images
from producer.images.selection import Selection
from producer.sources.source_errors import SourceCutError
from tests.unit.producer.images.image_samples import (
    UTIME,
    make_tar,
    member,
    picture,
    read_source,
    session,
)

KEYS = {f"2012-11-16/Cam{n % 2}/{UTIME + n // 2 * 200_000}": picture(n) for n in range(4)}


@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_cut_anywhere_is_noticed(tmp_path: Path, packed: bool) -> None:
    whole = make_tar(session())
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


def test_an_archive_cut_between_two_members_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "cut.tar"
    whole = make_tar(session())
    path.write_bytes(whole[: whole.index(b"2012-11-16", 600)])
    with pytest.raises(SourceCutError, match="the archive's end is missing"):
        read_source(path)


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path) -> None:
    path = tmp_path / "damaged.tar"
    data = bytearray(make_tar(session()))
    data[data.index(b"2012-11-16", 600) + 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(SourceCutError, match="a member's header is damaged"):
        read_source(path)


def test_a_wrong_checksum_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "damaged.tar.gz"
    data = bytearray(make_tar(session(), mode="w:gz"))
    data[-8] ^= 1
    path.write_bytes(data)
    with pytest.raises(SourceCutError, match="CRC check failed"):
        read_source(path)


def test_a_second_archive_behind_the_first_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "two.tar"
    path.write_bytes(make_tar(session()) * 2)
    with pytest.raises(SourceCutError, match="there is more after the archive's end"):
        read_source(path)


def test_a_header_that_claims_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.tar"
    long = member("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=1 << 30)
    path.write_bytes(make_tar(session())[:1_024] + long.tobuf(tarfile.GNU_FORMAT) + bytes(2_048))
    with pytest.raises(SourceCutError, match="header claims 1,073,741,824 bytes"):
        read_source(path)


def test_a_cut_download_is_noticed() -> None:
    body = make_tar(session(40), mode="w:gz")

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
        read_source(f"http://127.0.0.1:{server.server_port}/2012-11-16_lb3.tar.gz")
    server.shutdown()
    server.server_close()
