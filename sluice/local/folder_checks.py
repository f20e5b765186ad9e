"""Checks the folders that a user names (state, cache): resolves links, and refuses unusable ones with the reason.

Servers are started in the instance's folder and get file names relative to it. So no class path, list in a properties
file, shell script or URL contains a character of a path that the user chose
(docs/adr/0010-relative-names-for-servers.md).
"""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import escape_line

MAX_PATH_BYTES = 400
"""MariaDB keeps a path in 512 bytes, and appends the names of tables and logs to the folder's."""


@dataclass(frozen=True, kw_only=True)
class FolderPurpose:
    """What a folder holds, and the limits of its path."""

    content: str
    """For messages: `<content> cannot be in …`."""
    option: str
    """For messages: how the user names another folder."""
    max_bytes: int = MAX_PATH_BYTES
    forbidden: str = ""
    """Characters that the path cannot have, because a program uses its resolved path."""


STATE_FOLDER = FolderPurpose(content="a pipeline", option="sluice --state DIR, or SLUICE_STATE=DIR")


def resolve_folder(path: Path, purpose: FolderPurpose) -> Path:
    """Return `path` without links; raises SluiceError with the reason if a server could not use it."""
    real = resolve_links(path)
    if reason := _path_problem(real, purpose):
        raise _unusable(real, purpose, reason)
    return real


def make_folder(path: Path, purpose: FolderPurpose) -> Path:
    """Resolve and create a folder; raises SluiceError where it is unusable or cannot be written."""
    real = resolve_folder(path, purpose)
    if reason := _write_problem(real):
        raise _unusable(real, purpose, reason)
    return real


def _unusable(path: Path, purpose: FolderPurpose, reason: str) -> SluiceError:
    return SluiceError(
        f"{purpose.content} cannot be in {display_path(path)}: {reason}. Name another folder: {purpose.option}",
        status=Exit.USAGE,
    )


def resolve_links(path: Path) -> Path:
    """Return `path` without links. Processes are found by the path of their instance's folder: it must be unique."""
    return Path(os.path.realpath(path))


def display_path(path: Path) -> str:
    """Return a path as one line without control characters, for messages."""
    return escape_line(str(path))


def _path_problem(path: Path, purpose: FolderPurpose) -> str | None:
    name = os.fsencode(path)
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "its name is not UTF-8, and Java cannot open it"
    if text != str(path):
        # Python and Java decode the bytes as different letters: neither would find a file that the other writes.
        return f"the locale's encoding is {sys.getfilesystemencoding()}; set LC_ALL=C.UTF-8, or use ASCII letters"
    if found := set(text) & set(purpose.forbidden):
        return f"the registry cannot be started from a folder with {' or '.join(sorted(found))} in its name"
    if len(name) > purpose.max_bytes:
        return f"its name has {len(name)} bytes, and MariaDB takes {purpose.max_bytes}"
    return None


def _write_problem(path: Path) -> str | None:
    try:
        for folder in reversed(path.parents):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)  # with `parents` it would have the umask's mode
        path.mkdir(mode=0o700, exist_ok=True)
        with TemporaryFile(dir=path):
            return None
    except FileExistsError:
        return "that is a file"
    except OSError as error:
        return f"it cannot be written ({error.strerror})"


def replace_link(name: Path, target: Path) -> None:
    """Point the symbolic link `name` to `target`, atomically: a concurrent reader finds the old or the new target."""
    with suppress(OSError):
        if name.readlink() == target:
            return
    fresh = name.with_name(f".{name.name}.{os.urandom(4).hex()}")
    fresh.symlink_to(target)
    fresh.replace(name)
