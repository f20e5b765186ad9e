"""Reads an instance's JSON files and writes its private files; errors name the file and the repair. The home folder."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from producer.runtime.exit_status import Exit, SluiceError


def home_folder(env: Mapping[str, str]) -> Path:
    """Return the user's home folder; raises SluiceError where it is not known."""
    try:
        return Path(env["HOME"]) if env.get("HOME") else Path.home()
    except RuntimeError:
        raise SluiceError(
            "HOME is not set, so it is not known where your files go; set it, or SLUICE_STATE and SLUICE_CACHE",
            status=Exit.USAGE,
        ) from None


def read_json_object(path: Path, *, values: Mapping[str, type] | type, remedy: str) -> dict[str, object]:
    """Read a JSON object; `values` is the type of all its values, or of each by its key.

    With a mapping, only its keys are returned, as far as the file has them. Raises FileNotFoundError, and SluiceError
    that ends with `remedy` where the file is damaged or unreadable.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _damaged(path, f"it cannot be read ({error.strerror})", remedy) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "it holds no JSON", remedy) from error
    if not isinstance(found, dict):
        raise _damaged(path, "it does not hold an object", remedy)
    known = cast(dict[str, object], found)
    if isinstance(values, Mapping):
        known = {name: known[name] for name in values if name in known}
    for name, value in known.items():
        kind = values[name] if isinstance(values, Mapping) else values
        if type(value) is not kind:
            raise _damaged(path, f"{name} is not {'a whole number' if kind is int else 'text'}", remedy)
    return known


def _damaged(path: Path, why: str, remedy: str) -> SluiceError:
    return SluiceError(f"{path} is damaged: {why}. {remedy}")


def private_opener(path: str, flags: int) -> int:
    """Open a file, with mode 0600 if it is new: an `opener` of open()."""
    return os.open(path, flags, 0o600)


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file atomically, with mode 0600, and create its folder; raises SluiceError.

    Not producer/shared/output_files.py's replacing(): that one keeps the mode of the file that it replaces, follows
    links and writes to devices, as files that a user names need it. Here a file must be private from its first byte.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)  # it would keep its mode
        descriptor = private_opener(str(fresh), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        # A path can hold bytes that are no UTF-8; they are written as they are.
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        fresh.replace(path)
    except OSError as error:
        raise SluiceError(f"{path} cannot be written: {error.strerror}") from error
