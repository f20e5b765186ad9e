"""Opens a source of images: a folder, or a tar archive that is read as a stream.

Usage: `with open_images(…) as source: for item in source`.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from producer.images.image_files import ImageFile, RejectedFile, list_archive, list_folder
from producer.images.image_location import ImageLocation, locate_images
from producer.images.image_source import ImageRules, ImageSource
from producer.images.selection import Selection
from producer.runtime.exit_status import SluiceError
from producer.sources.decompress import decompress
from producer.sources.file_formats import is_empty_tar, is_tar
from producer.sources.source_errors import READ_ERRORS, source_cut_error
from producer.sources.stored_bytes import StoredBytes, open_stored_bytes


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
    """Open SOURCE `spec` (see IMAGE_SOURCES in image_location.py) and yield it, for one iteration over its images.

    `max_message_bytes` is the topic's setting: files that do not fit are rejected before they are read; without it the
    only limit is MAX_IMAGE_BYTES. `stdin` is the stream for `-`; `raw` is the source if it is open already.
    Raises SluiceError if there is no such source or it is neither folder nor archive; SourceCutError, on opening and
    while iterating, if it ends early.
    """
    location = locate_images(spec, env=env)
    rules = ImageRules(
        path_parser=location.path_parser,
        selection=selection,
        max_message_bytes=max_message_bytes,
        ends_when_full=not location.is_folder,
    )
    if location.is_folder:
        folder = Path(location.path)
        size = ImageSource(list_folder(folder), name=location.name, rules=rules, size=None).sum_chosen_sizes()
        yield ImageSource(list_folder(folder), name=location.name, rules=rules, size=size)
        return
    with ExitStack() as stack:
        if raw is None:
            raw = stack.enter_context(open_stored_bytes(location.path, name=location.name, env=env, stdin=stdin))
        try:
            files = _list_files(raw, location)
        except READ_ERRORS as error:
            raise source_cut_error(location.name, raw.position(), error) from error
        yield ImageSource(files, name=location.name, rules=rules, size=raw.size, position=raw.position)


def _list_files(raw: StoredBytes, location: ImageLocation) -> Iterator[ImageFile | RejectedFile]:
    content = decompress(raw, name=location.name)
    head = content.peek()
    if is_tar(head) or is_empty_tar(head):
        return list_archive(content)
    problem = "is neither a folder of images nor a tar archive, compressed or not" if head else "is empty"
    raise SluiceError(f"{location.name} {problem}")
