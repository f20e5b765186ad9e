"""Location of a source: a path, a URL or standard input, and the names that messages and files derive from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit, urlunsplit

STDIN_NAME = "SLUICE_STDIN_NAME"
"""Environment variable with the name of standard input, where `sluice` sends a local file to a pod of the cluster."""
_REMOTE = ("http://", "https://", "gs://")
_DESCRIPTOR = re.compile(r"/dev/stdin|(?:/dev|/proc/self)/fd/([0-9]+)")
_EXTENSIONS = re.compile(r"(\.(csv|gz|bz2|xz|tgz|tbz2?|txz|tar|txt))+$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class SourceLocation:
    """Location of a source, parsed from the command line; nothing is opened yet."""

    name: str
    """Name for messages: no password or signature of a URL."""
    base_name: str
    """First part of the names of files about this source, such as BASE_NAME.rejects.csv."""
    path: str
    """File path, URL, or `-` for standard input."""


def is_remote(path: str) -> bool:
    """Return whether `path` is an http(s):// or gs:// URL."""
    return path.lower().startswith(_REMOTE)


def file_descriptor(path: str) -> int | None:
    """Return the file descriptor that `path` names, or None: `-`, /dev/stdin, or /dev/fd/N (the shell's `<(…)`)."""
    match = _DESCRIPTOR.fullmatch(path)
    if path == "-" or match:
        return int(match[1] or 0) if match else 0
    return None


def base_name(path: str, *, env: Mapping[str, str]) -> str:
    """Return the base name for files about the source at `path`."""
    if path == "-" or file_descriptor(path) is not None:
        return strip_extensions((path == "-" and env.get(STDIN_NAME)) or "stdin")
    return strip_extensions(urlsplit(path).path if is_remote(path) else path)


def strip_extensions(path: str) -> str:
    """Return the file name of `path` without the extensions of its format and compression."""
    name = PurePosixPath(path).name
    return _EXTENSIONS.sub("", name) or name or "source"


def display_path(path: str, *, env: Mapping[str, str]) -> str:
    """Return `path` for display: without the user, password and query (signature) of a URL."""
    if path == "-":
        return env.get(STDIN_NAME) or "standard input"
    if not is_remote(path):
        return path
    url = urlsplit(path)
    return urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, "", ""))
