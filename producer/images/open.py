"""Opens a source of images: a folder, or a tar archive that is read as a stream.

This is what others use: `with open_images(…) as source: for item in source`.
"""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from exits import SluiceError
from producer.images.entries import Entry, Refused, files_in
from producer.images.locations import IMAGE_SOURCES, NCLT_IMAGES, ImageLocation, locate_images
from producer.images.reasons import ImageReason
from producer.images.selection import LeftOut, Selection
from producer.images.selection_arguments import add_selection_arguments, selection
from producer.images.source import Image, ImageSource, Rules
from producer.images.tar_entries import files_in_tar
from producer.raw import open_raw
from producer.sources import SourceCutError, cut_short
from producer.unpack import READ_ERRORS, is_archive, is_empty_archive, unzipped

__all__ = [
    "IMAGE_SOURCES",
    "Image",
    "ImageReason",
    "ImageSource",
    "LeftOut",
    "Refused",
    "Selection",
    "SourceCutError",
    "add_selection_arguments",
    "is_image_source",
    "locate_images",
    "open_images",
    "selection",
]

STDIN_HOLDS = "SLUICE_STDIN_HOLDS"
"""The variable that says `images` where that is what standard input holds."""
_ENDINGS = {".tif", ".tiff", ".png", ".jpg", ".jpeg"}
_LOOKED_AT = 10
_LOOKED_AT_BYTES = 16 << 20


@contextmanager
def open_images(
    spec: str,
    *,
    env: Mapping[str, str],
    selection: Selection,
    max_message_bytes: int | None = None,
    stdin: BinaryIO | None = None,
) -> Generator[ImageSource]:
    """Open `spec` (see IMAGE_SOURCES) for one iteration over its images.

    `max_message_bytes` is the topic's setting: what does not fit is refused before it is read. Without it the
    only limit is IMAGE_CEILING. `stdin` is what `-` reads. Raises SluiceError where there is no such source or
    it is neither folder nor archive, and SourceCutError, then and while iterating, where it ends early.
    """
    location = locate_images(spec, env=env)
    rules = Rules(
        naming=location.naming,
        selection=selection,
        max_message_bytes=max_message_bytes,
        ends_when_full=not location.is_folder,
    )
    if location.is_folder:
        folder = Path(location.path)
        size = ImageSource(files_in(folder), name=location.name, rules=rules, size=None).weigh()
        yield ImageSource(files_in(folder), name=location.name, rules=rules, size=size)
        return
    with open_raw(location.path, name=location.name, env=env, stdin=stdin or sys.stdin.buffer) as raw:
        try:
            tap = unzipped(raw)
            if not is_archive(tap) and not is_empty_archive(tap):
                raise SluiceError(f"{location.name} is neither a folder of images nor a tar archive, packed or not")
            entries = files_in_tar(tap)
        except READ_ERRORS as error:
            raise cut_short(location.name, raw.position(), error) from error
        yield ImageSource(entries, name=location.name, rules=rules, size=raw.size, position=raw.position)


def is_image_source(spec: str, *, env: Mapping[str, str]) -> bool:
    """Say whether this is a source of images rather than a GPS log, by its name or by an archive's first files.

    nclt:DATE is the session's log, nclt:DATE/lb3 its images. Standard input is taken for a log unless
    STDIN_HOLDS says `images`. Raises SluiceError where there is no such source, SourceCutError where it is damaged
    at its very beginning.
    """
    if spec == "-":
        return env.get(STDIN_HOLDS) == "images"
    if spec.startswith("nclt:") and not spec.endswith(f"/{NCLT_IMAGES}"):
        return False
    if "::" in spec and not Path(spec).exists():
        return False
    location = locate_images(spec, env=env)
    return location.is_folder or spec.startswith("nclt:") or _begins_with_images(location, env=env)


def _begins_with_images(location: ImageLocation, *, env: Mapping[str, str]) -> bool:
    with open_raw(location.path, name=location.name, env=env, stdin=sys.stdin.buffer) as raw:
        try:
            tap = unzipped(raw)
            if not is_archive(tap):
                return False
            passed = 0
            for number, entry in enumerate(files_in_tar(tap)):
                ending = PurePosixPath(entry.name).suffix.lower()
                passed += entry.size
                if isinstance(entry, Entry) and ending in _ENDINGS:
                    return True
                if ending == ".csv" or number >= _LOOKED_AT or passed > _LOOKED_AT_BYTES:
                    return False
        except READ_ERRORS as error:
            raise cut_short(location.name, raw.position(), error) from error
    return False
