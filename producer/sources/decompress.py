"""Decompresses a stream as it is read: gzip, bzip2 or xz, detected by its first bytes."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

from producer.runtime.exit_status import SluiceError
from producer.sources.file_formats import HEAD_BYTES, check_supported, detect_compression
from producer.sources.function_stream import FunctionStream

_BUFFER = 1 << 18
_MAX_LAYERS = 3
_XZ_MEMORY = 256 << 20
"""Bytes of memory that xz may use; its strongest setting needs 65 MiB."""


class PeekableStream(FunctionStream):
    """A stream that can return its first bytes before they are read, and that counts the bytes read."""

    def __init__(self, read: Callable[[int], bytes | None]) -> None:
        super().__init__(self._read_counted)
        self._read = read
        self._head = b""
        self._position = 0

    def position(self) -> int:
        """Return the number of bytes read so far."""
        return self._position

    def peek(self, size: int = HEAD_BYTES) -> bytes:
        """Return the first `size` bytes, or fewer at the end of the stream, without consuming them."""
        while len(self._head) < size and (more := self._read(size - len(self._head))):
            self._head += more
        return self._head[:size]

    def _read_counted(self, size: int) -> bytes:
        data = self._head[:size] or self._read(size) or b""
        self._head = self._head[size:]
        self._position += len(data)
        return data


class _MultiStreamReader:
    """Decompresses bzip2 or xz; several compressed streams in one file are one content, as with gzip.

    Python's own readers (bz2, lzma) silently ignore trailing bytes that are no compressed stream.
    """

    def __init__(
        self,
        source: PeekableStream,
        new_decompressor: "Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]",
    ) -> None:
        self._source = source
        self._new_decompressor = new_decompressor
        self._decompressor = new_decompressor()
        self._compressed = b""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end; raises EOFError if the compressed data is cut."""
        while not self._decompressor.eof or self._start_next_stream():
            if self._decompressor.needs_input and not self._compressed:
                self._compressed = self._source.read(_BUFFER)
                if not self._compressed:
                    raise EOFError("the compressed data is cut")
            compressed, self._compressed = self._compressed, b""
            if data := self._decompressor.decompress(compressed, size):
                return data
        return b""

    def _start_next_stream(self) -> bool:
        """Start on the next compressed stream and return True, or return False at the end. Skips padding (zeros)."""
        compressed = self._decompressor.unused_data.lstrip(b"\0")
        while not compressed:
            more = self._source.read(_BUFFER)
            if not more:
                return False
            compressed = more.lstrip(b"\0")
        self._decompressor, self._compressed = self._new_decompressor(), compressed
        return True


def _decompressing_read(compression: str, source: PeekableStream) -> Callable[[int], bytes]:
    """Return the `read` function of a reader for `source`, which begins with compressed data."""
    if compression == "gzip":
        # read1, not read: where the file is cut, what was decompressed before is still returned.
        return gzip.GzipFile(fileobj=io.BufferedReader(source, _BUFFER)).read1
    if compression == "bzip2":
        return _MultiStreamReader(source, bz2.BZ2Decompressor).read
    return _MultiStreamReader(source, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)).read


def decompress(raw: FunctionStream, *, name: str) -> PeekableStream:
    """Return the content of `raw`, decompressed if its bytes are gzip, bzip2 or xz, whatever its name's extension.

    Raises SluiceError, with `name` in it, for other compressions and encodings.
    """
    stream = PeekableStream(raw.read)
    for _ in range(_MAX_LAYERS):
        compression = detect_compression(stream.peek())
        if compression is None:
            check_supported(stream.peek(), name=name)
            return stream
        stream = PeekableStream(_decompressing_read(compression, stream))
    raise SluiceError(f"{name} is compressed {_MAX_LAYERS} times over; decompress it first")
