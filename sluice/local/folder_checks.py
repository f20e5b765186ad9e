"""The folders that a person names: brought to one name, and refused where a server could not work in them.

Servers are started in the instance's folder and call files by names relative to it. So no class path, no list in a
properties file, no shell script and no URL ever holds a character that the person chose (docs/adr/0010).
"""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import visible_line

MAX_PATH_BYTES = 400
"""MariaDB keeps a path in 512 bytes, and appends the names of tables and logs to this one."""


@dataclass(frozen=True, kw_only=True)
class FolderPurpose:
    """What a folder is for, in the words of a message."""

    what: str
    change: str
    """How one names another."""
    longest: int = MAX_PATH_BYTES
    without: str = ""
    """Characters that its name cannot have, because what is there is called by its real name."""


STATE_FOLDER = FolderPurpose(what="a pipeline", change="sluice --state DIR, or SLUICE_STATE=DIR")


def resolve_folder(path: Path, purpose: FolderPurpose) -> Path:
    """The folder at `path` by its real name; raises SluiceError with the reason where no server could work in it."""
    real = resolve_links(path)
    if reason := _misnamed(real, purpose):
        raise _refusal(real, purpose, reason)
    return real


def make_folder(path: Path, purpose: FolderPurpose) -> Path:
    """As named(), and made where it is missing; raises SluiceError where it cannot be written."""
    real = resolve_folder(path, purpose)
    if reason := _unwritable(real):
        raise _refusal(real, purpose, reason)
    return real


def _refusal(path: Path, purpose: FolderPurpose, reason: str) -> SluiceError:
    return SluiceError(
        f"{purpose.what} cannot be in {display_path(path)}: {reason}. Name another folder: {purpose.change}",
        status=Exit.USAGE,
    )


def resolve_links(path: Path) -> Path:
    """`path` without links: processes are found again by the name of their folder, so it has only one."""
    return Path(os.path.realpath(path))


def display_path(path: Path) -> str:
    """A path for a message, in one line."""
    return visible_line(str(path))


def _misnamed(path: Path, purpose: FolderPurpose) -> str | None:
    name = os.fsencode(path)
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "its name is not UTF-8, and Java cannot open it"
    if text != str(path):
        # Python takes the bytes for other letters than Java does: what one writes the other would not find.
        return f"the locale's encoding is {sys.getfilesystemencoding()}; set LC_ALL=C.UTF-8, or use ASCII letters"
    if found := set(text) & set(purpose.without):
        return f"the registry cannot be started from a folder with {' or '.join(sorted(found))} in its name"
    if len(name) > purpose.longest:
        return f"its name has {len(name)} bytes, and MariaDB takes {purpose.longest}"
    return None


def _unwritable(path: Path) -> str | None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            return None
    except FileExistsError:
        return "that is a file"
    except OSError as error:
        return f"it cannot be written ({error.strerror})"


def replace_link(name: Path, target: Path) -> None:
    """Let `name` lead to `target`; done in one step, so that who uses it meanwhile finds the old or the new."""
    with suppress(OSError):
        if name.readlink() == target:
            return
    fresh = name.with_name(f".{name.name}.{os.urandom(4).hex()}")
    fresh.symlink_to(target)
    fresh.replace(name)
