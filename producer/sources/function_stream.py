"""A readable stream made of one function."""

import io
from collections.abc import Callable


class FunctionStream(io.RawIOBase):
    """Reads by calling `pull` with the bytes wanted; it returns at most so many, and none at the end."""

    def __init__(self, pull: Callable[[int], bytes | None]) -> None:
        self._pull = pull

    def readable(self) -> bool:
        """Say yes: io.BufferedReader asks."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes, with one call; all there are if it is negative.

        io's own one would copy them twice on the way.
        """
        return self.readall() if size < 0 else self._pull(size) or b""

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fill `buffer` from its beginning; returns the number of bytes, 0 at the end."""
        data = self._pull(len(buffer)) or b""
        buffer[: len(data)] = data
        return len(data)
