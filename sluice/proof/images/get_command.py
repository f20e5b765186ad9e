"""The command `sluice get`: one image out of Redis, byte for byte."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Generator, Mapping
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError
from rich.console import Console

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import escape_line, write_json
from producer.shared.output_files import replacing, why_not_writable
from sluice.proof.images.nearest_keys import nearest
from sluice.proof.images.redis_images import ImageStore, NotBytes, as_text, open_images_store
from sluice.proof.images.source_images import Content
from sluice.view.endpoints import Endpoints

STDOUT = "-"
UNKNOWN = ".bin"
_SUFFIXES = {"JPEG": ".jpg", "TIFF": ".tiff", "PNG": ".png"}


def add_get_arguments(parser: ArgumentParser) -> None:
    """Arguments of `sluice get`."""
    parser.add_argument("key", metavar="KEY", help="such as 2012-11-16/Cam5/1353099678298235")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where the bytes go, - for standard output (default: the key's last part, with an ending that fits them)",
    )
    parser.add_argument("--force", action="store_true", help="write over FILE if it is there")
    parser.add_argument("--json", action="store_true", help="tell size and SHA-256 as one object")


def run_get(
    args: Namespace,
    *,
    env: Mapping[str, str],  # noqa: ARG001 every command is called with it
    console: Console,
    errors: Console,
    stdout: BinaryIO,
    endpoints: Endpoints,
) -> Exit:
    """Write what a key of the place's Redis holds; raises SluiceError as get_image, UNAVAILABLE if Redis is silent."""
    if args.output not in (None, STDOUT):
        _check(Path(args.output), force=args.force)
    with open_images_store(endpoints.redis) as store:
        return get_image(args, store=store, console=console, errors=errors, stdout=stdout)


def get_image(args: Namespace, *, store: ImageStore, console: Console, errors: Console, stdout: BinaryIO) -> Exit:
    """Write what a key holds to a file or to `stdout`, and tell its size and SHA-256.

    These go to `console`, or to `errors` where the bytes go to standard output. Raises SluiceError: FAILED for a key
    that is not there, with those nearest to it, or a file that cannot be written; USAGE for a file that is there.
    """
    key = as_text(os.fsencode(args.key))
    data = fetch(key, store=store)
    where = _write(args, key=key, data=data, stdout=stdout)
    _tell(args, data=data, where=where, console=errors if where is None else console)
    return Exit.OK


def fetch(key: str, *, store: ImageStore) -> bytes:
    """What `key` holds; raises SluiceError where it is not there or holds no bytes."""
    (_, value), *_ = store.read([key])
    if isinstance(value, NotBytes):
        raise SluiceError(f"{escape_line(key)} in Redis is no image: {value.why}")
    if value is None:
        near = "".join(f"\n  {escape_line(other)}" for other in nearest(key, store=store))
        said = f"; the nearest keys are{near}" if near else ", and no other key either: `sluice load images SOURCE`"
        raise SluiceError(f"there is no key {escape_line(key)} in Redis{said}")
    return value


def suffix_of(data: bytes) -> str:
    """The ending of a file with these bytes, such as `.tiff`; UNKNOWN where they are no image."""
    try:
        with Image.open(BytesIO(data)) as image:
            name = image.format or ""
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return UNKNOWN
    return _SUFFIXES.get(name, f".{name.lower()}")


def _write(args: Namespace, *, key: str, data: bytes, stdout: BinaryIO) -> Path | None:
    """Write the bytes; the file, or None for standard output."""
    if args.output == STDOUT:
        stdout.write(data)
        stdout.flush()
        return None
    path = Path(args.output) if args.output is not None else _own_name(key, data)
    _check(path, force=args.force)
    _write_file(path, data, force=args.force)
    return path


def _own_name(key: str, data: bytes) -> Path:
    last = key.rpartition("/")[2]
    if last in {"", ".", ".."} or not last.isprintable():
        raise SluiceError(f"{escape_line(key)} does not end in a file's name; give one with -o", status=Exit.USAGE)
    return Path(last + suffix_of(data))


def _check(path: Path, *, force: bool) -> None:
    if why := why_not_writable(path):
        raise SluiceError(f"{path} cannot be written: {why}; choose another with -o", status=Exit.USAGE)
    if path.is_file() and not force:
        raise SluiceError(f"{path} is there already; --force writes over it", status=Exit.USAGE)


def _write_file(path: Path, data: bytes, *, force: bool) -> None:
    """Write a whole file, or nothing; without `force` only one that is new."""
    try:
        with nullcontext() if force or path.exists() else _reserved(path), replacing(path) as file:
            file.write(data)
    except OSError as error:
        raise SluiceError(f"{path} cannot be written: {error.strerror}; choose another with -o") from error


@contextmanager
def _reserved(path: Path) -> Generator[None]:
    """Take a name that no other program has taken meanwhile; an error gives it free again."""
    path.open("xb").close()
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _tell(args: Namespace, *, data: bytes, where: Path | None, console: Console) -> None:
    content = Content.of(data)
    key = escape_line(args.key)
    if args.json:
        found = {"key": key, "bytes": content.size, "sha256": content.sha256, "file": str(where) if where else None}
        write_json(found, console.file)
        return
    to = f" → {where}" if where else ""
    text = f"{key}{to}: {content.size:,} bytes, SHA-256 {content.sha256}"
    console.print(text, markup=False, highlight=False, soft_wrap=True)
