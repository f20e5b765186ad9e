"""Readable binary stream whose bytes come from a function."""

import io
from collections.abc import Callable


class FunctionStream(io.RawIOBase):
    """Reads by calling `read_bytes(size)`, which returns 1 to `size` bytes, or none (b"" or None) at the end."""

    def __init__(self, read_bytes: Callable[[int], bytes | None]) -> None:
        self._read_bytes = read_bytes

    def readable(self) -> bool:
        """Return True; io.BufferedReader asks."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes with one call of the function; all bytes if `size` is negative.

        RawIOBase.read would copy them twice.
        """
        return self.readall() if size < 0 else self._read_bytes(size) or b""

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Read into `buffer`; returns the number of bytes, 0 at the end."""
        data = self._read_bytes(len(buffer)) or b""
        buffer[: len(data)] = data
        return len(data)
