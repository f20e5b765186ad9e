"""Chooses and writes the files of a command: never over a source, nor over a file about another source."""

import os
import re
import stat
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import escape_line
from producer.sources.log_location import locate_log
from producer.sources.source_location import display_path, file_descriptor, is_remote

STDIN_SOURCE = "SLUICE_STDIN_SOURCE"
"""Environment variable with the id (see source_id()) of the source on standard input, as in a pod."""
UNKNOWN_SOURCE = ""
"""Id of a source that cannot be known; it never equals that of another file."""


def source_id(spec: str, *, env: Mapping[str, str]) -> str:
    """Return the id of a source that files about it contain; it has no secrets.

    UNKNOWN_SOURCE for a pipe: what comes through it need not be the same another time.
    """
    if spec == "-":
        return env.get(STDIN_SOURCE) or UNKNOWN_SOURCE
    if spec.startswith("nclt:"):
        return spec
    location = locate_log(spec, env=env)
    member = f"::{location.member}" if location.member else ""
    if is_remote(location.path):
        # A query may hold a signature, so only its hash is shown: enough to tell two queries apart.
        query = urlsplit(location.path).query
        which = f"?{sha256(query.encode()).hexdigest()[:12]}" if query else ""
        return f"{display_path(location.path, env=env)}{which}{member}"
    if file_descriptor(location.path) is not None or _is_special(location.path):
        return UNKNOWN_SOURCE
    return escape_line(os.path.realpath(location.path) + member)


def refuse_source(path: Path, *, source: str, env: Mapping[str, str], option: str) -> None:
    """Raise SluiceError (USAGE) if `path`, which `option` names, is the source, by whatever name, or is inside it."""
    status = _status_of(source, env)
    if status is None:
        return
    if stat.S_ISDIR(status.st_mode):
        inside = any(_is_same(parent, status) for parent in Path(os.path.realpath(path)).parents)
    else:
        inside = not _is_special(path) and _is_same(path, status)
    if inside:
        where = (
            "would be inside the folder that is the source" if stat.S_ISDIR(status.st_mode) else "is the source itself"
        )
        raise SluiceError(f"{path} {where}; name another file with {option}", status=Exit.USAGE)


def free_path(wanted: Path, *, source: str, source_of: Callable[[Path], str | None], named_by: str | None) -> Path:
    """Return `wanted`, or a numbered name beside it (x-2.html), so that nothing is lost by writing to it.

    A file is written over only if this program has written it about the same `source`. `source_of` returns a file's
    source, UNKNOWN_SOURCE, or None for a file that this program has not written; SluiceError (USAGE) is raised if the
    option `named_by` names such a file.
    """
    taken = list(_existing(wanted))
    sources = {path: _source_or_none(source_of, path) for path in taken}
    if named_by and wanted in sources and sources[wanted] is None:
        raise SluiceError(
            f"{wanted} exists and was not written by this command; name another file with {named_by}",
            status=Exit.USAGE,
        )
    may_use = (lambda _: True) if named_by else _is_own_file
    ours = [path for path in taken if sources[path] == source != UNKNOWN_SOURCE and may_use(path)]
    return ours[0] if ours else next(path for path in _names(wanted) if not has_content(path) and may_use(path))


def _is_own_file(path: Path) -> bool:
    """Return whether a file can be written to by its name although no option names it.

    In a folder that others may write to, such as /tmp, they could have put a link, a pipe or a file of theirs there.
    """
    try:
        status = os.lstat(path)
    except OSError:
        return True
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    for number in count(2):
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")


def _existing(wanted: Path) -> Iterator[Path]:
    """Yield `wanted` and the numbered names beside it where there is something, the lowest number first."""
    if has_content(wanted):
        yield wanted
    numbered = re.compile(rf"{re.escape(wanted.stem)}-([1-9][0-9]{{0,8}}){re.escape(wanted.suffix)}")
    try:
        found = [match for name in os.listdir(wanted.parent) if (match := numbered.fullmatch(name))]
    except OSError:
        return
    for match in sorted(found, key=lambda match: int(match[1])):
        if has_content(wanted.with_name(match[0])):
            yield wanted.with_name(match[0])


def why_not_writable(path: Path) -> str | None:
    """Return why no file can be created at `path`, as far as can be known beforehand; None if one can."""
    if path.is_dir():
        return "it is a folder"
    folder = path.absolute().parent
    if not folder.is_dir():
        return "there is no such folder"
    # replacing() creates a new file beside it; a device is written directly.
    return None if os.access(folder, os.W_OK) or (path.exists() and not path.is_file()) else "its folder is read-only"


@contextmanager
def replacing(path: Path) -> Generator[BinaryIO]:
    """Open a file that replaces `path` only once it is whole; a device or a pipe is written directly.

    Raises OSError.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    if _is_special(path) or file_descriptor(str(path)) is not None:
        with path.open("wb") as file:
            yield file
        return
    fresh = target.with_name(f".sluice-{uuid.uuid4().hex}.new")
    try:
        with fresh.open("xb") as file:
            if target.exists():  # keep its permissions
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            yield file
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _status_of(source: str, env: Mapping[str, str]) -> os.stat_result | None:
    """Return os.stat() of a source on this machine; None if it is elsewhere or not there."""
    try:
        if source.startswith("nclt:"):
            return None
        path = locate_log(source, env=env).path
        number = file_descriptor(path)
        if number is not None:
            return os.fstat(number)
        return None if is_remote(path) else os.stat(path)
    except (OSError, ValueError):
        return None


def _is_same(path: Path, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), status)
    except OSError:
        return False


def _is_special(path: Path | str) -> bool:
    """Return whether there is something that is neither a file nor a folder: a device, a pipe."""
    if str(path) in {"/dev/stdout", "/dev/stderr"}:
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def has_content(path: Path) -> bool:
    """Return whether there is something that would be lost by writing to `path`."""
    if not os.path.lexists(path) or _is_special(path):
        return False
    try:
        return not path.is_file() or path.stat().st_size > 0
    except OSError:
        return True


def _source_or_none(source_of: Callable[[Path], str | None], path: Path) -> str | None:
    try:
        return source_of(path)
    except OSError:
        return None
