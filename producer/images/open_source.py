"""Opens a source of images: a folder, or a tar archive that is read as a stream.

This is what others use: `with open_images(…) as source: for item in source`.
"""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from producer.images.image_location import IMAGE_SOURCES, NCLT_IMAGES, ImageLocation, locate_images
from producer.images.image_source import Image, ImageSource, Rules
from producer.images.reject_reasons import ImageReason
from producer.images.selection import LeftOut, Selection
from producer.images.selection_arguments import add_selection_arguments, read_selection
from producer.images.source_files import Entry, Refused, files_in
from producer.images.tar_entries import files_in_tar
from producer.runtime.exit_status import SluiceError
from producer.sources.log_source import SourceCutError, cut_short
from producer.sources.stored_bytes import StoredBytes, open_stored_bytes
from producer.sources.unpack import READ_ERRORS, is_archive, is_empty_archive, unzipped

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
    "detect_kind",
    "locate_images",
    "open_images",
    "read_selection",
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
    raw: StoredBytes | None = None,
) -> Generator[ImageSource]:
    """Open `spec` (see IMAGE_SOURCES), once, for one iteration over its images.

    `max_message_bytes` is the topic's setting: what does not fit is refused before it is read. Without it the
    only limit is IMAGE_CEILING. `stdin` is what `-` reads; `raw` is the source where it has been opened already.
    Raises SluiceError where there is no such source or it is neither folder nor archive, and SourceCutError, then and
    while iterating, where it ends early.
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
    with ExitStack() as stack:
        if raw is None:
            raw = stack.enter_context(open_stored_bytes(location.path, name=location.name, env=env, stdin=stdin))
        try:
            entries = _entries(raw, location)
        except READ_ERRORS as error:
            raise cut_short(location.name, raw.position(), error) from error
        yield ImageSource(entries, name=location.name, rules=rules, size=raw.size, position=raw.position)


def _entries(raw: StoredBytes, location: ImageLocation) -> Iterator[Entry | Refused]:
    tap = unzipped(raw, name=location.name)
    if is_archive(tap) or is_empty_archive(tap):
        return files_in_tar(tap)
    what = "is neither a folder of images nor a tar archive, packed or not" if tap.head() else "is empty"
    raise SluiceError(f"{location.name} {what}")


@dataclass(frozen=True, kw_only=True)
class SourceKind:
    """What a source holds: images or a log."""

    images: bool
    """Whether it holds images, not a log."""
    raw: StoredBytes | None = None
    """The source, opened and not yet read, if it had to be looked into."""


@contextmanager
def detect_kind(spec: str, *, env: Mapping[str, str], stdin: BinaryIO | None = None) -> Generator[SourceKind]:
    """Say whether a source holds images or a GPS log, by its name or by an archive's first files.

    nclt:DATE is the session's log, nclt:DATE/lb3 its images. STDIN_HOLDS says what standard input holds. What has to be
    opened for that is opened once: `raw` is for open_source() or open_images(). Raises SluiceError where there is no
    such source, SourceCutError where it is damaged at its very beginning.
    """
    known = _known(spec, env)
    if known is not None:
        yield SourceKind(images=known)
        return
    location = locate_images(spec, env=env)
    with open_stored_bytes(location.path, name=location.name, env=env, stdin=stdin) as raw:
        with raw.replayed():
            try:
                images = _begins_with_images(raw, location.name)
            except READ_ERRORS as error:
                raise cut_short(location.name, raw.position(), error) from error
        yield SourceKind(images=images, raw=raw)


def _known(spec: str, env: Mapping[str, str]) -> bool | None:
    """Return whether the name says that there are images; None where it does not say what there is."""
    if spec == "-" and env.get(STDIN_HOLDS):
        return env[STDIN_HOLDS] == "images"
    if spec.startswith("nclt:"):
        return spec.endswith(f"/{NCLT_IMAGES}")
    if os.path.isdir(spec):
        return True
    return False if "::" in spec and not os.path.lexists(spec) else None


def _begins_with_images(raw: StoredBytes, name: str) -> bool:
    tap = unzipped(raw, name=name)
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
    return False
