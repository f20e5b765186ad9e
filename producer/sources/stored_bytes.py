"""Opens the bytes of a source as stored (still compressed): a file, a pipe, standard input, a URL or a bucket."""

import errno
import os
import stat
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from producer.runtime.exit_status import SluiceError
from producer.runtime.terminal import escape_line
from producer.sources.function_stream import FunctionStream
from producer.sources.source_location import file_descriptor, is_remote

_CONNECT_SECONDS = 15
_SILENCE_SECONDS = 60
_GOOGLE_STORAGE = "https://storage.googleapis.com"
_ANNOUNCE_SECONDS = 2.0
"""A longer wait for the first byte is announced."""


class StoredBytes(FunctionStream):
    """A stream of stored bytes that counts them; raises ConnectionError if fewer than `size` bytes come.

    `waits_for` says, for a message, what the first read may wait long for; None for a source that is not slow.
    """

    def __init__(
        self,
        read: Callable[[int], bytes | None],
        *,
        size: int | None,
        close: Callable[[], None],
        waits_for: str | None = None,
    ) -> None:
        super().__init__(self._read_counted)
        self.size = size
        """Total number of bytes, if known."""
        self._read = read
        self._close = close
        self._waits_for = waits_for
        self._position = 0
        self._kept: list[bytes] | None = None
        self._replay = memoryview(b"")

    def position(self) -> int:
        """Return the number of bytes read so far."""
        return self._position

    @contextmanager
    def rewinding(self) -> Generator[None]:
        """On leaving the context, go back to the position at its start; for pipes too, since what is read is kept."""
        before, self._kept = self._position, []
        try:
            yield
        finally:
            self._replay = memoryview(b"".join([*self._kept, self._replay]))
            self._position, self._kept = before, None

    def close(self) -> None:
        """Close the underlying file or connection."""
        if not self.closed:
            self._close()
        super().close()

    def _read_counted(self, size: int) -> bytes:
        data = self._read_or_replay(size)
        self._position += len(data)
        if self._kept is not None:
            self._kept.append(data)
        if not data and size and self.size is not None and self._position < self.size:
            raise ConnectionError(f"only {self._position:,} of {self.size:,} bytes came")
        return data

    def _read_or_replay(self, size: int) -> bytes:
        if self._replay:
            data, self._replay = bytes(self._replay[:size]), self._replay[size:]
            return data
        if self._waits_for is None:
            return self._read(size) or b""
        with _announce_wait(self._waits_for):
            data = self._read(size) or b""
        self._waits_for = None
        return data


@contextmanager
def _announce_wait(text: str) -> Generator[None]:
    """Write `waiting for TEXT` to standard error if the context takes longer than _ANNOUNCE_SECONDS."""

    def announce() -> None:
        with suppress(OSError, ValueError, AttributeError):  # a standard error that is closed
            sys.stderr.write(f"waiting for {escape_line(text)} (Ctrl-C ends it)\n")
            sys.stderr.flush()

    timer = threading.Timer(_ANNOUNCE_SECONDS, announce)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def open_stored_bytes(path: str, *, name: str, env: Mapping[str, str], stdin: BinaryIO | None = None) -> StoredBytes:
    """Open a file, standard input (`-`) or a URL; raises SluiceError, with `name` in it, if that fails.

    `stdin` is the stream for `-`. A file descriptor is read from its current position.
    """
    if path == "-" and stdin is not None:
        read = getattr(stdin, "read1", stdin.read)  # returns the available bytes without waiting for more
        return StoredBytes(read, size=None, close=lambda: None)
    try:
        return _open_url(path, env) if is_remote(path) else _open_file(path, name=name)
    except FileNotFoundError:
        raise SluiceError(f"there is no {name}; check how it is spelt") from None
    except IsADirectoryError:
        raise SluiceError(f"{name} is a folder; name the log inside it") from None
    except OSError as error:
        raise SluiceError(f"{name} cannot be opened: {error.strerror or error}") from error


def _open_file(path: str, *, name: str) -> StoredBytes:
    number = file_descriptor(path)
    if number is None:
        with _announce_wait(f"someone to write into {name}"):  # opening a FIFO waits for a writer
            file = open(path, "rb", buffering=0)  # noqa: SIM115 — StoredBytes closes it
    else:
        if number == 0 and sys.stdin is None:  # closed; another file may have got number 0
            raise OSError(errno.EBADF, "it is closed")
        # Not by its path: that would start at the beginning of a file, and fails for a socket.
        file = open(os.dup(number), "rb", buffering=0)  # noqa: SIM115
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        return StoredBytes(file.read, size=None, close=file.close, waits_for=f"the first byte of {name}")
    # A lower bound: a file that is still being written grows.
    size = max(0, status.st_size - file.tell())
    return StoredBytes(file.read, size=size, close=file.close)


def _open_url(url: str, env: Mapping[str, str]) -> StoredBytes:
    # Trust is set before the clients are imported: they keep the SSL settings of that moment. fsspec's file systems
    # take a second to import, so that only remote sources pay for it.
    from producer.runtime import tls_trust  # noqa: PLC0415

    tls_trust.trust_system_store()
    try:
        file, size = _open_bucket(url, env) if url.lower().startswith("gs://") else _open_web(url)
    except (FileNotFoundError, IsADirectoryError):
        raise
    except Exception as error:  # each fsspec file system raises exceptions of its own
        advice = tls_trust.explain_certificate_error(error, _GOOGLE_STORAGE if url.lower().startswith("gs://") else url)
        raise ConnectionError(_first_line(error) + (f"\n{advice}" if advice else "")) from error
    return StoredBytes(_converting_errors(file.read), size=size, close=file.close)


def _open_web(url: str) -> tuple[Any, int | None]:
    import aiohttp  # noqa: PLC0415
    from fsspec.implementations.http import HTTPFileSystem  # noqa: PLC0415

    # aiohttp's default limit is five minutes for the whole body; a large log takes longer. Without "identity" a server
    # may compress, and Content-Length is not the number of bytes read.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS)
    client = {"timeout": timeout, "headers": {"Accept-Encoding": "identity"}, "trust_env": True}
    web = HTTPFileSystem(skip_instance_cache=True, client_kwargs=client)
    # block_size 0: one request, streamed. size given: no HEAD request first, of which fsspec reports every failure as a
    # missing file. trust_env: use the proxy in HTTPS_PROXY.
    file: Any = web.open(url, block_size=0, size=1)
    encoded = file.r.headers.get("Content-Encoding", "identity") != "identity"
    return file, None if encoded else file.r.content_length


def _open_bucket(url: str, env: Mapping[str, str]) -> tuple[Any, int | None]:
    # The plain class: gcsfs's default one first asks for the bucket's storage layout, which needs another permission.
    from gcsfs.core import GCSFileSystem  # noqa: PLC0415

    emulator = env.get("STORAGE_EMULATOR_HOST")
    settings: dict[str, Any] = {"endpoint_url": emulator, "token": "anon"} if emulator else {}
    # Credentials: of gcloud on a machine, of the pod's service account on GKE; without any, public buckets only.
    buckets = GCSFileSystem(
        access="read_only", skip_instance_cache=True, session_kwargs={"trust_env": True}, **settings
    )
    file: Any = buckets.open(url, "rb", cache_type="readahead")
    return file, file.size


def _converting_errors(read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    def converted(size: int) -> bytes:
        try:
            return read(size)
        except Exception as error:
            raise ConnectionError(_first_line(error)) from error

    return converted


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
