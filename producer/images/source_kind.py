"""Detects whether a source holds images or a GPS log, for commands that take either."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from producer.images.image_files import ImageFile, list_archive
from producer.images.image_location import locate_images
from producer.sources.decompress import decompress
from producer.sources.file_formats import is_tar
from producer.sources.nclt_dataset import IMAGES_FOLDER
from producer.sources.source_errors import READ_ERRORS, source_cut_error
from producer.sources.stored_bytes import StoredBytes, open_stored_bytes

STDIN_HOLDS = "SLUICE_STDIN_HOLDS"
"""Environment variable: `images` if standard input holds images, any other value for a log; if unset, detect it."""
_IMAGE_EXTENSIONS = {".tif", ".tiff", ".png", ".jpg", ".jpeg"}
_MAX_FILES = 10
_MAX_BYTES = 16 << 20
"""Of an archive, files and bytes that are examined for an image."""


@dataclass(frozen=True, kw_only=True)
class SourceKind:
    """Kind of a source: images or a GPS log."""

    images: bool
    """True for images, False for a log."""
    raw: StoredBytes | None = None
    """The source, open and at its beginning, if it was opened to detect its kind."""


@contextmanager
def detect_kind(spec: str, *, env: Mapping[str, str], stdin: BinaryIO | None = None) -> Generator[SourceKind]:
    """Yield the kind of SOURCE `spec`, by its name, or else by the first files of an archive.

    nclt:DATE is the session's log, nclt:DATE/lb3 its images; the environment variable STDIN_HOLDS decides for standard
    input. A source is opened at most once: `raw` is then for open_log() or open_images(). Raises SluiceError if there
    is no such source, SourceCutError if its first bytes are damaged.
    """
    by_name = _kind_by_name(spec, env)
    if by_name is not None:
        yield SourceKind(images=by_name)
        return
    location = locate_images(spec, env=env)
    with open_stored_bytes(location.path, name=location.name, env=env, stdin=stdin) as raw:
        with raw.rewinding():
            try:
                images = _begins_with_images(raw, location.name)
            except READ_ERRORS as error:
                raise source_cut_error(location.name, raw.position(), error) from error
        yield SourceKind(images=images, raw=raw)


def _kind_by_name(spec: str, env: Mapping[str, str]) -> bool | None:
    """Return True for images, False for a log, None if the name of the source does not decide."""
    if spec == "-" and env.get(STDIN_HOLDS):
        return env[STDIN_HOLDS] == "images"
    if spec.startswith("nclt:"):
        return spec.endswith(f"/{IMAGES_FOLDER}")
    if os.path.isdir(spec):
        return True
    return False if "::" in spec and not os.path.lexists(spec) else None


def _begins_with_images(raw: StoredBytes, name: str) -> bool:
    content = decompress(raw, name=name)
    if not is_tar(content.peek()):
        return False
    size = 0
    for number, file in enumerate(list_archive(content)):
        extension = PurePosixPath(file.name).suffix.lower()
        size += file.size
        if isinstance(file, ImageFile) and extension in _IMAGE_EXTENSIONS:
            return True
        if extension == ".csv" or number >= _MAX_FILES or size > _MAX_BYTES:
            return False
    return False
