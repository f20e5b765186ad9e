"""The folders that a person names: brought to one name, and refused where a server could not work in them.

Servers are started in the instance's folder and call files by names relative to it. So no class path, no list in a
properties file, no shell script and no URL ever holds a character that the person chose (docs/adr/0010).
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from exits import Exit, SluiceError

LONGEST_BYTES = 400
"""MariaDB keeps a path in 512 bytes, and appends the names of tables and logs to this one."""


def usable(path: Path, *, what: str, change: str) -> Path:
    """The folder at `path` by its real name, made where it is missing.

    `what` is what is kept there, `change` how one names another. Raises SluiceError with the reason where a server
    could not work in it, before anything is started.
    """
    real = real_name(path)
    reason = _reason(real)
    if reason is None:
        reason = _trouble(real)
    if reason is not None:
        raise SluiceError(f"{what} cannot be in {shown(real)}: {reason}. Name another: {change}", status=Exit.USAGE)
    return real


def real_name(path: Path) -> Path:
    """`path` without links: processes are found again by the name of their folder, so it has only one."""
    return Path(os.path.realpath(path))


def shown(path: Path) -> str:
    """A path for a message; bytes that are no text are written as \\xNN, and so is what a terminal would obey."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _reason(path: Path) -> str | None:
    name = os.fsencode(path)
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "its name is not UTF-8, and Java cannot open it"
    if text != str(path):
        # Python takes the bytes for other letters than Java does: what one writes the other would not find.
        return f"the locale's encoding is {sys.getfilesystemencoding()}; set LC_ALL=C.UTF-8, or use ASCII letters"
    if len(name) > LONGEST_BYTES:
        return f"its name has {len(name)} bytes, and MariaDB takes {LONGEST_BYTES}"
    return None


def _trouble(path: Path) -> str | None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            return None
    except FileExistsError:
        return "that is a file"
    except OSError as error:
        return f"it cannot be written ({error.strerror})"


def link(name: Path, target: Path) -> None:
    """Let `name` lead to `target`; done in one step, so that who uses it meanwhile finds the old or the new."""
    with suppress(OSError):
        if name.readlink() == target:
            return
    fresh = name.with_name(f".{name.name}.{os.urandom(4).hex()}")
    fresh.symlink_to(target)
    fresh.replace(name)
