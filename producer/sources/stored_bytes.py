"""The bytes of a source as they are stored: from disk, standard input, the web or a bucket."""

import errno
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from producer.runtime.exit_status import SluiceError
from producer.runtime.terminal import visible_line
from producer.sources.function_stream import FunctionStream

_REMOTE = ("http://", "https://", "gs://")
_CONNECT_SECONDS = 15
_SILENCE_SECONDS = 60
_GOOGLE = "https://storage.googleapis.com"
_WAIT_SECONDS = 2.0
"""After so long without a byte the wait is announced."""
_DESCRIPTOR = re.compile(r"/dev/stdin|(?:/dev|/proc/self)/fd/([0-9]+)")


def is_remote(path: str) -> bool:
    """Say whether `path` is a URL."""
    return path.lower().startswith(_REMOTE)


def descriptor(path: str) -> int | None:
    """Return the file descriptor that a path stands for: `-`, /dev/stdin, /dev/fd/N as `<(…)` makes it."""
    match = _DESCRIPTOR.fullmatch(path)
    if path == "-" or match:
        return int(match[1] or 0) if match else 0
    return None


class StoredBytes(FunctionStream):
    """Stored bytes, counted; raises ConnectionError where fewer come than were promised.

    `waits_for` names the first byte of a source that may be slow; a long wait for it is announced.
    """

    def __init__(
        self,
        read: Callable[[int], bytes | None],
        *,
        size: int | None,
        close: Callable[[], None],
        waits_for: str | None = None,
    ) -> None:
        super().__init__(self._counted)
        self.size = size
        """Bytes in all, if known."""
        self._read = read
        self._close = close
        self._waits_for = waits_for
        self._position = 0
        self._kept: list[bytes] | None = None
        self._replay = memoryview(b"")

    def position(self) -> int:
        """Bytes read so far."""
        return self._position

    @contextmanager
    def replayed(self) -> Generator[None]:
        """Keep what is read meanwhile and return it again afterwards: a pipe can be read only once."""
        before, self._kept = self._position, []
        try:
            yield
        finally:
            self._replay = memoryview(b"".join([*self._kept, self._replay]))
            self._position, self._kept = before, None

    def close(self) -> None:
        """Close what is read."""
        if not self.closed:
            self._close()
        super().close()

    def _counted(self, wanted: int) -> bytes:
        data = self._take(wanted)
        self._position += len(data)
        if self._kept is not None:
            self._kept.append(data)
        if not data and wanted and self.size is not None and self._position < self.size:
            raise ConnectionError(f"only {self._position:,} of {self.size:,} bytes came")
        return data

    def _take(self, wanted: int) -> bytes:
        if self._replay:
            data, self._replay = bytes(self._replay[:wanted]), self._replay[wanted:]
            return data
        if self._waits_for is None:
            return self._read(wanted) or b""
        with _announce_wait(self._waits_for):
            data = self._read(wanted) or b""
        self._waits_for = None
        return data


@contextmanager
def _announce_wait(text: str) -> Generator[None]:
    """Announce on standard error what is waited for, if it takes long."""

    def say() -> None:
        with suppress(OSError, ValueError, AttributeError):  # a standard error that is closed
            sys.stderr.write(f"waiting for {visible_line(text)} (Ctrl-C ends it)\n")
            sys.stderr.flush()

    timer = threading.Timer(_WAIT_SECONDS, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def open_stored_bytes(path: str, *, name: str, env: Mapping[str, str], stdin: BinaryIO | None = None) -> StoredBytes:
    """Open a file, `-` or a URL; raises SluiceError, with `name` in it, where that cannot be done.

    `stdin` is what `-` reads. It is opened once, and read from where it is: what comes through a pipe comes once.
    """
    if path == "-" and stdin is not None:
        read = getattr(stdin, "read1", stdin.read)  # what has come, without waiting for more
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
    number = descriptor(path)
    if number is None:
        with _announce_wait(f"someone to write into {name}"):  # a FIFO is not opened before
            file = open(path, "rb", buffering=0)  # noqa: SIM115 — StoredBytes closes it
    else:
        if number == 0 and sys.stdin is None:  # closed; something else may have got the number
            raise OSError(errno.EBADF, "it is closed")
        # Not by its path, which opens a file anew and a socket not at all.
        file = open(os.dup(number), "rb", buffering=0)  # noqa: SIM115
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        return StoredBytes(file.read, size=None, close=file.close, waits_for=f"the first byte of {name}")
    # No size is promised: a file that is still being written may give more.
    raw = StoredBytes(file.read, size=None, close=file.close)
    raw.size = max(0, status.st_size - file.tell())
    return raw


def _open_url(url: str, env: Mapping[str, str]) -> StoredBytes:
    # Before they are imported, for they keep whom they trusted then. fsspec's file systems take a second to import, so
    # that only those who need them wait.
    from producer.runtime import tls_trust  # noqa: PLC0415

    tls_trust.trust_system()
    try:
        file, size = _open_bucket(url, env) if url.lower().startswith("gs://") else _open_web(url)
    except (FileNotFoundError, IsADirectoryError):
        raise
    except Exception as error:  # each file system has errors of its own
        advice = tls_trust.explain(error, _GOOGLE if url.lower().startswith("gs://") else url)
        raise ConnectionError(_first_line(error) + (f"\n{advice}" if advice else "")) from error
    return StoredBytes(_converting_errors(file.read), size=size, close=file.close)


def _open_web(url: str) -> tuple[Any, int | None]:
    import aiohttp  # noqa: PLC0415
    from fsspec.implementations.http import HTTPFileSystem  # noqa: PLC0415

    # The library's own limit is five minutes for all of a body, which a large log takes longer than. Without
    # "identity" a server may compress, and the length it announces is not that of what arrives.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS)
    client = {"timeout": timeout, "headers": {"Accept-Encoding": "identity"}, "trust_env": True}
    web = HTTPFileSystem(skip_instance_cache=True, client_kwargs=client)
    # block_size 0: one request, read as it comes. A size: no question before it, whose every failure would be
    # reported as a missing file. trust_env: by the proxy that HTTPS_PROXY names.
    file: Any = web.open(url, block_size=0, size=1)
    encoded = file.r.headers.get("Content-Encoding", "identity") != "identity"
    return file, None if encoded else file.r.content_length


def _open_bucket(url: str, env: Mapping[str, str]) -> tuple[Any, int | None]:
    # The plain class: the package's default one first asks what kind of bucket it is, which takes rights of its own.
    from gcsfs.core import GCSFileSystem  # noqa: PLC0415

    emulator = env.get("STORAGE_EMULATOR_HOST")
    settings: dict[str, Any] = {"endpoint_url": emulator, "token": "anon"} if emulator else {}
    buckets = GCSFileSystem(skip_instance_cache=True, session_kwargs={"trust_env": True}, **settings)
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
