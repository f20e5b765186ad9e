"""GPS logs for tests: plain, compressed and in archives, and a web server that serves them."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

from producer.gps.open_log import open_log

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


class LogServer(BaseHTTPRequestHandler):
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


def read_log(spec: str, *, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> bytes:
    with open_log(spec, env=env or {}, stdin=io.BytesIO(stdin)) as source:
        return source.stream.read()


def send(into: int | Path, data: bytes) -> None:
    with suppress(BrokenPipeError), open(into, "wb") as file:
        file.write(data)
