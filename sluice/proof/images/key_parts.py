"""What a key says: `<session>/<camera>/<utime>`."""

from collections.abc import Iterable


def camera_of(key: str) -> str:
    """Session and camera, such as `2012-11-16/Cam5`."""
    return key.rpartition("/")[0]


def utime_of(key: str) -> int | None:
    """When the image was taken, in µs since the epoch; None where the key does not end in a number."""
    last = key.rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() else None


def spans(keys: Iterable[str]) -> dict[str, tuple[int, int]]:
    """First and last utime of each session."""
    found: dict[str, tuple[int, int]] = {}
    for key in keys:
        utime = utime_of(key)
        if utime is not None:
            session = session_of(key)
            first, last = found.get(session, (utime, utime))
            found[session] = (min(first, utime), max(last, utime))
    return found


def session_of(key: str) -> str:
    """The session, such as `2012-11-16`."""
    return camera_of(key).rpartition("/")[0]
