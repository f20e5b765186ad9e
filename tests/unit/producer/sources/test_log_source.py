import bz2
import gzip
import io
import json
import lzma
import os
import socket
import sys
import tarfile
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from producer.gps.open_log import open_log
from producer.images.source_kind import detect_kind
from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.log_location import locate_log
from producer.sources.source_errors import SourceCutError
from producer.sources.stored_bytes import StoredBytes

LOG = b"".join(b"%d,3,0,0.7,-1.4,264.4,11.3,0.005\n" % (1_353_099_678_000_000 + n) for n in range(20_000))
OTHER = b"1353099678298235,3,0,0.7,-1.4,nan,nan,nan\n"


def archive(members: Mapping[str, bytes], *, mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:  # pyright: ignore[reportCallIssue, reportArgumentType]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


SESSION = archive({"2012-11-16/ms25.csv": b"1\n", "2012-11-16/gps.csv": LOG, "2012-11-16/gps_rtk.csv": OTHER})
FILES = {
    "/gps.csv": LOG,
    "/gps.csv.gz": gzip.compress(LOG),
    "/sensor_data/2012-11-16_sen.tar.gz": SESSION,
    "/two.tar": archive({"a/gps.csv": LOG, "b/gps.csv": OTHER}, mode="w"),
    "/log.tar.bz2": archive({"a/gps.csv": LOG}, mode="w:bz2"),
    "/log.tar.xz": archive({"a/gps.csv.gz": gzip.compress(LOG), "b/other.csv": OTHER}, mode="w:xz"),
    "/gps.csv.bz2": bz2.compress(LOG),
    "/gps.csv.xz": lzma.compress(LOG),
    "/none.tgz": archive({"readme.txt": b"hello"}),
}


class Web(BaseHTTPRequestHandler):
    """Serves FILES, a part of one, and a bucket that holds them."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/storage/v1/b/bucket/o/"):
            name = unquote(path.rpartition("/")[2])
            return self.metadata(name) if f"/{name}" in FILES else self.answer(404, b"{}")
        if path.startswith("/download/storage/v1/b/bucket/o/"):
            return self.part(FILES[f"/{unquote(path.rpartition('/')[2])}"])
        if path == "/cut.csv":
            return self.answer(200, LOG[: len(LOG) // 2], length=len(LOG))
        if path == "/forbidden.csv":
            return self.answer(403, b"")
        return self.answer(200, FILES[path]) if path in FILES else self.answer(404, b"")

    def metadata(self, name: str) -> None:
        content = FILES[f"/{name}"]
        link = f"http://{self.headers['Host']}/download/storage/v1/b/bucket/o/{name}"
        self.answer(
            200, json.dumps({"name": name, "bucket": "bucket", "size": len(content), "mediaLink": link}).encode()
        )

    def part(self, content: bytes) -> None:
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        self.answer(206, content[int(first) : int(last) + 1 if last else None])

    def answer(self, status: int, body: bytes, *, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        if length:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def web() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name.removeprefix("/")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def content(spec: str, *, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> bytes:
    with open_log(spec, env=env or {}, stdin=io.BytesIO(stdin)) as source:
        return source.stream.read()


PACKED = ["gps.csv.bz2", "gps.csv.xz", "log.tar.bz2", "log.tar.xz"]
WAYS = ["gps.csv", "gps.csv.gz", "sensor_data/2012-11-16_sen.tar.gz", *PACKED]


@pytest.mark.parametrize("name", WAYS)
def test_a_log_is_unpacked_from_disk_and_from_the_web(name: str, folder: Path, web: str) -> None:
    assert content(str(folder / name)) == LOG
    assert content(f"{web}/{name}") == LOG


def test_a_log_is_read_from_a_bucket(web: str) -> None:
    env = {"STORAGE_EMULATOR_HOST": web}
    assert content("gs://bucket/gps.csv", env=env) == LOG
    assert content("gs://bucket/gps.csv.gz", env=env) == LOG
    with pytest.raises(SluiceError, match=r"there is no gs://bucket/missing.csv"):
        content("gs://bucket/missing.csv", env=env)


def test_a_dash_reads_standard_input_packed_or_not() -> None:
    assert content("-", stdin=LOG) == LOG
    assert content("-", stdin=gzip.compress(LOG)) == LOG
    assert content("-::2012-11-16/gps_rtk.csv", stdin=SESSION) == OTHER


@pytest.fixture
def pipe() -> Iterator[Callable[[bytes], str]]:
    """Makes `<(…)`, in which the given bytes come: its path."""
    descriptors: list[int] = []

    def start(data: bytes) -> str:
        reading, writing = os.pipe()
        descriptors.append(reading)
        threading.Thread(target=send, args=(writing, data), daemon=True).start()
        return f"/dev/fd/{reading}"

    yield start
    for number in descriptors:
        os.close(number)


def send(into: int | Path, data: bytes) -> None:
    with suppress(BrokenPipeError), open(into, "wb") as file:
        file.write(data)


@pytest.mark.parametrize("name", WAYS)
def test_what_can_be_read_once_is_read_whole(name: str, pipe: Callable[[bytes], str], tmp_path: Path) -> None:
    data = FILES[f"/{name}"]
    assert content(pipe(data)) == LOG
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    threading.Thread(target=send, args=(fifo, data), daemon=True).start()
    assert content(str(fifo)) == LOG
    ours, theirs = socket.socketpair()
    threading.Thread(target=send, args=(theirs.detach(), data), daemon=True).start()
    with ours:
        assert content(f"/dev/fd/{ours.fileno()}") == LOG
    assert content("-", stdin=data) == LOG


@pytest.mark.parametrize("spec", ["fifo", "-"])
def test_what_is_looked_into_first_is_opened_once_and_read_whole(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    images = archive({"2012-11-16/lb3/Cam0/1.tiff": b"x", "2012-11-16/gps.csv": LOG})
    for data, holds_images in ((LOG, False), (SESSION, False), (images, True)):
        threading.Thread(target=send, args=(Path("fifo"), data), daemon=True).start()
        # Closed each time: the next writer would find this reader, and be gone before the next one opens.
        with (
            open("fifo", "rb") if spec == "-" else nullcontext() as stdin,
            detect_kind(spec, env={}, stdin=stdin) as kind,
            open_log(spec, env={}, raw=kind.raw) as source,
        ):
            assert kind.images is holds_images
            assert source.stream.read() == LOG


def test_a_pipe_into_which_nobody_writes_is_said_to_be_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    class Errors(io.StringIO):
        def write(self, text: str) -> int:
            threading.Thread(target=send, args=(fifo, LOG), daemon=True).start()
            return super().write(text)

    errors = Errors()
    monkeypatch.setattr("producer.sources.stored_bytes._ANNOUNCE_SECONDS", 0.01)
    monkeypatch.setattr(sys, "stderr", errors)
    assert content(str(fifo)) == LOG
    assert errors.getvalue().startswith(f"waiting for someone to write into {fifo} (Ctrl-C ends it)\n")


def test_an_archive_with_two_logs_is_refused_on_standard_input_too() -> None:
    two = FILES["/two.tar"]
    for packed in (two, gzip.compress(two), bz2.compress(two)):
        with pytest.raises(SluiceError, match=r"2 members called gps.csv, .* /dev/stdin::member"):
            content("-", stdin=packed)
        assert content("-::b/gps.csv", stdin=packed) == OTHER


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_packed_in_several_parts_is_read_whole(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "two-parts"
    path.write_bytes(compress(LOG) + bytes(512) + compress(OTHER) + bytes(4))
    assert content(str(path)) == LOG + OTHER
    path.write_bytes(compress(LOG) + b"and more")
    with pytest.raises(SourceCutError):
        content(str(path))
    path.write_bytes(compress(compress(LOG)))
    assert content(str(path)) == LOG
    path.write_bytes(compress(compress(compress(LOG))))
    with pytest.raises(SluiceError, match="compressed 3 times over"):
        content(str(path))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_packed_and_cut_anywhere_is_noticed(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path, packed = tmp_path / "cut", compress(LOG)
    for size in (len(packed) - 1, len(packed) - 5, len(packed) // 2, 20, 7):
        path.write_bytes(packed[:size])
        with pytest.raises(SourceCutError, match="could not be read to its end") as caught:
            content(str(path))
        assert caught.value.is_cut


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no GPS log: it is empty"),
        (gzip.compress(b""), "is no GPS log: it is empty"),
        (
            b"  <!DOCTYPE html>\n<h1>Not Found</h1>",
            "it seems to be a page of HTML or XML: it begins with '<!DOCTYPE html>",
        ),
        (b'<?xml version="1.0"?><Error/>', "a page of HTML or XML"),
        (b'\xef\xbb\xbf{"error": "not found"}', 'JSON: it begins with \'{"error"'),
        (b"PK\x03\x04" + bytes(40), r"is a ZIP file .*, which is not read; unpack it first \(unzip\)"),
        (b"\x28\xb5\x2f\xfd" + bytes(40), r"is compressed with zstd .* zstd -d"),
        (gzip.compress(b"7z\xbc\xaf\x27\x1c" + bytes(40)), "is a 7-Zip archive"),
        (LOG[:2_000].decode().encode("utf-16"), "is text in UTF-16, which is not read; save it as UTF-8"),
        (LOG[:2_000].decode().encode("utf-16-be"), "seems to be text in UTF-16"),
        (LOG[:2_000].decode().encode("utf-32"), "is text in UTF-32"),
        (bytes(range(256)) * 4, "is no text but binary data"),
        (bytes(10_240), "is an empty tar archive"),
        (archive({"inner/gps.csv": SESSION}), "has an archive in the archive"),
        (archive({"gps.csv": b""}), "it is empty"),
    ],
)
def test_what_is_no_log_is_refused_by_what_it_is(data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "gps.csv"  # what it is called does not matter
    path.write_bytes(data)
    for spec, stdin in ((str(path), b""), ("-", data)):
        with pytest.raises(SluiceError, match=says) as caught:
            content(spec, stdin=stdin)
        assert caught.value.status is Exit.FAILED


@pytest.mark.parametrize("data", [b"\n", b"7", b"\xef\xbb\xbf", b"1,2\n", b"# made by a robot\n"])
def test_the_shortest_file_is_taken_for_text(data: bytes) -> None:
    assert content("-", stdin=data) == data


def test_a_damaged_header_in_an_archive_is_not_taken_for_its_end(tmp_path: Path) -> None:
    data = bytearray(archive({"a/gps.csv": OTHER, "b/gps.csv": OTHER}, mode="w"))
    data[data.index(b"b/gps.csv")] ^= 1
    path = tmp_path / "damaged.tar"
    path.write_bytes(data)
    with pytest.raises(SourceCutError, match="header is damaged"):
        content(str(path))


def test_a_member_is_named_after_two_colons(folder: Path) -> None:
    packed = folder / "sensor_data/2012-11-16_sen.tar.gz"
    assert content(f"{packed}::2012-11-16/gps_rtk.csv") == OTHER
    assert content(f"{folder / 'two.tar'}::b/gps.csv") == OTHER


def test_a_file_whose_own_name_has_colons_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "a::b.csv"
    path.write_bytes(OTHER)
    assert content(str(path)) == OTHER


def test_a_session_of_the_data_set_is_found(web: str) -> None:
    env = {"SLUICE_NCLT_URL": web + "/"}
    assert content("nclt:2012-11-16", env=env) == LOG
    assert content("nclt:2012-11-16/gps_rtk.csv", env=env) == OTHER


@pytest.mark.parametrize("name", ["gps.csv", "gps.csv.gz"])
def test_position_ends_at_the_size(name: str, folder: Path, web: str) -> None:
    for spec in (str(folder / name), f"{web}/{name}"):
        with open_log(spec, env={}) as source:
            source.stream.read()
            assert source.position() == source.size == len(FILES[f"/{name}"])


def test_a_member_is_measured_by_its_own_size(folder: Path) -> None:
    with open_log(str(folder / "sensor_data/2012-11-16_sen.tar.gz"), env={}) as source:
        source.stream.read()
        assert source.position() == source.size == len(LOG)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("missing.csv", "there is no .*missing.csv"),
        (".", "is a folder"),
        ("two.tar", r"2 members called gps.csv, .*\n  a/gps.csv\n  b/gps.csv"),
        ("none.tgz", r"no member called gps.csv, .*\n  readme.txt"),
        ("two.tar::c/gps.csv", r"has no member c/gps.csv; .*\n  a/gps.csv"),
        ("gps.csv::gps.csv", "there is no tar archive to take gps.csv from"),
    ],
)
def test_a_source_that_is_not_there_is_said_so(spec: str, says: str, folder: Path) -> None:
    with pytest.raises(SluiceError, match=says) as caught:
        content(str(folder / spec))
    assert caught.value.status is Exit.FAILED


@pytest.mark.parametrize("day", ["yesterday", "2012-13-01", "20121116", "2012-1-1", ""])
def test_a_session_that_is_not_a_date_is_refused(day: str) -> None:
    with pytest.raises(SluiceError, match="not the date of a session") as caught:
        content(f"nclt:{day}")
    assert caught.value.status is Exit.USAGE


def test_what_the_web_does_not_have_is_said_so(web: str) -> None:
    with pytest.raises(SluiceError, match="there is no nclt:2013-01-01"):
        content("nclt:2013-01-01", env={"SLUICE_NCLT_URL": web})
    with pytest.raises(SluiceError, match="cannot be opened: 403"):
        content(f"{web}/forbidden.csv")
    with pytest.raises(SluiceError, match="cannot be opened: Cannot connect"):
        content("http://127.0.0.1:1/gps.csv")


def test_a_cut_gzip_file_gives_what_it_has_and_then_the_error(tmp_path: Path) -> None:
    packed = gzip.compress(LOG)
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    with open_log(str(path), env={}) as source:
        errors: list[SourceCutError] = []
        pieces = iter(lambda: source.stream.read1(1 << 20), b"")
        begun = b"".join(until_error(pieces, errors))
    (error,) = errors
    assert f"({len(packed) // 2:,} bytes were read)" in str(error)
    assert error.status is Exit.INCOMPLETE
    assert len(begun) > len(LOG) // 4
    assert LOG.startswith(begun)


def until_error(pieces: Iterator[bytes], errors: list[SourceCutError]) -> Iterator[bytes]:
    try:
        yield from pieces
    except SourceCutError as error:
        errors.append(error)


@pytest.mark.parametrize("damage", [slice(0, 5), slice(0, -4), slice(0, -1)])
def test_a_gzip_file_cut_anywhere_is_noticed(damage: slice, tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(LOG)[damage])
    with pytest.raises(SourceCutError):
        content(str(path))


def test_a_flipped_bit_in_a_gzip_file_is_noticed(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LOG))
    packed[len(packed) // 2] ^= 1
    path = tmp_path / "damaged.csv.gz"
    path.write_bytes(packed)
    with pytest.raises(SourceCutError):
        content(str(path))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_cut_archive_is_noticed(mode: str, tmp_path: Path) -> None:
    packed = archive({"x/gps.csv": LOG}, mode=mode)
    path = tmp_path / "cut.tar"
    path.write_bytes(packed[: len(packed) // 3])
    with pytest.raises(SourceCutError):
        content(f"{path}::x/gps.csv")


def test_a_dropped_connection_is_noticed(web: str) -> None:
    with pytest.raises(SourceCutError, match="could not be read to its end"):
        content(f"{web}/cut.csv")


def test_what_is_shown_of_a_url_has_no_password_and_no_signature() -> None:
    location = locate_log("https://me:secret@example.org/logs/gps.csv.gz?signature=secret", env={})
    assert (location.name, location.base_name) == ("https://example.org/logs/gps.csv.gz", "gps")


@pytest.mark.parametrize(
    ("spec", "base_name"),
    [
        ("/dev/fd/63", "stdin"),
        ("/dev/stdin", "stdin"),
        ("gps.tar.bz2", "gps"),
        ("/logs/gps.csv", "gps"),
        ("2012-11-16_sen.tar.gz", "2012-11-16_sen"),
        ("2012-11-16_sen.tar.gz::2012-11-16/gps_rtk.csv", "2012-11-16_sen-gps_rtk"),
        ("nclt:2012-11-16", "nclt-2012-11-16-gps"),
        ("-", "stdin"),
        ("gs://bucket/logs/a.b.csv.gz", "a.b"),
    ],
)
def test_files_about_a_source_are_named_after_it(spec: str, base_name: str) -> None:
    assert locate_log(spec, env={}).base_name == base_name


def test_a_name_in_the_announcement_of_a_wait_commands_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("producer.sources.stored_bytes._ANNOUNCE_SECONDS", 0)
    announced = threading.Event()
    monkeypatch.setattr("sys.stderr.flush", announced.set)

    def read(_: int) -> bytes:
        assert announced.wait(10)
        return b""

    with StoredBytes(read, size=None, close=lambda: None, waits_for="the first byte of \x1b[31mpipe") as raw:
        raw.read()
    assert capsys.readouterr().err == "waiting for the first byte of \\x1b[31mpipe (Ctrl-C ends it)\n"
