"""The command `sluice get`: reads one image back from Redis and writes it to a file or standard output."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Generator, Mapping
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console, escape_line, write_json
from producer.shared.output_files import replacing, why_not_writable
from sluice.proof.images.nearest_keys import find_nearest_keys
from sluice.proof.images.redis_images import ImageStore, NotBytes, as_text, open_images_store
from sluice.proof.images.source_images import Content
from sluice.view.endpoints import Endpoints

STDOUT = "-"
UNKNOWN_SUFFIX = ".bin"
_SUFFIXES = {"JPEG": ".jpg", "TIFF": ".tiff", "PNG": ".png"}


def add_get_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice get`."""
    parser.add_argument("key", metavar="KEY", help="such as 2012-11-16/Cam5/1353099678298235")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where to write the bytes, - for standard output (default: the key's last part, with the format's suffix)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite FILE if it exists")
    parser.add_argument("--json", action="store_true", help="print size and SHA-256 as one JSON object")


def run_get(
    args: Namespace,
    *,
    env: Mapping[str, str],  # noqa: ARG001 every command is called with it
    console: Console,
    errors: Console,
    stdout: BinaryIO,
    endpoints: Endpoints,
) -> Exit:
    """Write the value of a key in Redis; raises SluiceError as get_image, UNAVAILABLE if Redis does not answer."""
    if args.output not in (None, STDOUT):
        _check_writable(Path(args.output), force=args.force)
    with open_images_store(endpoints.redis) as store:
        return get_image(args, store=store, console=console, errors=errors, stdout=stdout)


def get_image(args: Namespace, *, store: ImageStore, console: Console, errors: Console, stdout: BinaryIO) -> Exit:
    """Write the value of a key to a file or to `stdout`, and print its size and SHA-256.

    These go to `console`, or to `errors` where the bytes go to standard output. Raises SluiceError: FAILED for a key
    that does not exist, with the nearest keys, or a file that cannot be written; USAGE for a file that exists.
    """
    key = as_text(os.fsencode(args.key))
    data = fetch_image(key, store=store)
    where = _write(args, key=key, data=data, stdout=stdout)
    _print_summary(args, data=data, where=where, console=errors if where is None else console)
    return Exit.OK


def fetch_image(key: str, *, store: ImageStore) -> bytes:
    """Return the value of `key`; raises SluiceError where it does not exist or its value is no string of bytes."""
    (_, value), *_ = store.read([key])
    if isinstance(value, NotBytes):
        raise SluiceError(f"{escape_line(key)} in Redis is no image: {value.why}")
    if value is None:
        near = "".join(f"\n  {escape_line(other)}" for other in find_nearest_keys(key, store=store))
        said = f"; the nearest keys are{near}" if near else ", and no other key either: `sluice load images SOURCE`"
        raise SluiceError(f"there is no key {escape_line(key)} in Redis{said}")
    return value


def suffix_of(data: bytes) -> str:
    """Return the suffix of a file with these bytes, such as `.tiff`; UNKNOWN_SUFFIX where they are no image."""
    try:
        with Image.open(BytesIO(data)) as image:
            name = image.format or ""
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return UNKNOWN_SUFFIX
    return _SUFFIXES.get(name, f".{name.lower()}")


def _write(args: Namespace, *, key: str, data: bytes, stdout: BinaryIO) -> Path | None:
    """Write the bytes; returns the file, or None for standard output."""
    if args.output == STDOUT:
        stdout.write(data)
        stdout.flush()
        return None
    path = Path(args.output) if args.output is not None else _name_after_key(key, data)
    _check_writable(path, force=args.force)
    _write_file(path, data, force=args.force)
    return path


def _name_after_key(key: str, data: bytes) -> Path:
    last = key.rpartition("/")[2]
    if last in {"", ".", ".."} or not last.isprintable():
        raise SluiceError(f"{escape_line(key)} does not end in a file's name; give one with -o", status=Exit.USAGE)
    return Path(last + suffix_of(data))


def _check_writable(path: Path, *, force: bool) -> None:
    if why := why_not_writable(path):
        raise SluiceError(f"{path} cannot be written: {why}; choose another with -o", status=Exit.USAGE)
    if path.is_file() and not force:
        raise SluiceError(f"{path} is there already; --force writes over it", status=Exit.USAGE)


def _write_file(path: Path, data: bytes, *, force: bool) -> None:
    """Write the file, whole or not at all; without `force` only a new one."""
    try:
        with nullcontext() if force or path.exists() else _reserve(path), replacing(path) as file:
            file.write(data)
    except OSError as error:
        raise SluiceError(f"{path} cannot be written: {error.strerror}; choose another with -o") from error


@contextmanager
def _reserve(path: Path) -> Generator[None]:
    """Create the file, which must not exist; removes it again after an error."""
    path.open("xb").close()
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _print_summary(args: Namespace, *, data: bytes, where: Path | None, console: Console) -> None:
    content = Content.of(data)
    key = escape_line(args.key)
    if args.json:
        summary = {"key": key, "bytes": content.size, "sha256": content.sha256, "file": str(where) if where else None}
        write_json(summary, console.file)
        return
    to = f" → {where}" if where else ""
    text = f"{key}{to}: {content.size:,} bytes, SHA-256 {content.sha256}"
    console.print(text, soft_wrap=True)
