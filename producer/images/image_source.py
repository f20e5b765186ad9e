"""The chosen images of an open source, each with its key and bytes, and the rejected files with their reasons."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from producer.images.image_files import ImageFile, RejectedFile, UnreadableError, reject
from producer.images.image_format import check_image
from producer.images.image_key import PathParser, PathParts
from producer.images.record_size import MAX_IMAGE_BYTES, fits_topic
from producer.images.reject_reasons import ImageReason
from producer.images.selection import LeftOut, Selection, SelectionFilter
from producer.sources.source_errors import READ_ERRORS, source_cut_error


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image to load."""

    key: str
    """<session>/<camera>/<utime>"""
    name: str
    """Path inside the source."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ImageRules:
    """Rules that choose and reject files, the same for all files of a source."""

    path_parser: PathParser
    selection: Selection
    max_message_bytes: int | None
    """The topic's max.message.bytes, if known."""
    ends_when_full: bool
    """Whether iteration ends once --limit or --max-bytes is reached."""


class ImageSource:
    """Iterates once over the chosen images of an open source and over its rejected files.

    Iteration raises SourceCutError where the source ends early.
    """

    def __init__(
        self,
        files: Iterator[ImageFile | RejectedFile],
        *,
        name: str,
        rules: ImageRules,
        size: int | None,
        position: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        """Name for messages: no password or signature of a URL."""
        self.size = size
        """Value that position() reaches at the end, if known."""
        self.rest_unread = False
        """True if an archive with more files was not read on because --limit or --max-bytes was reached."""
        self._files = files
        self._rules = rules
        self._filter = SelectionFilter(rules.selection)
        self._keys: set[str] = set()
        self._position = position or (lambda: self._filter.chosen.size)

    @property
    def left_out(self) -> LeftOut:
        """Files left out by the selection so far."""
        return self._filter.left_out

    @property
    def max_message_bytes(self) -> int | None:
        """The topic's max.message.bytes, if known."""
        return self._rules.max_message_bytes

    @property
    def chosen(self) -> int:
        """Files chosen so far, whether or not they were images."""
        return self._filter.chosen.files

    def position(self) -> int:
        """Return the bytes read so far: of an archive as stored, of the chosen files in a folder."""
        return self._position()

    def __iter__(self) -> Iterator[Image | RejectedFile]:
        """Yield images and rejected files in the order of the source."""
        while True:
            try:
                file = next(self._files, None)
                item = self._read_image(file) if isinstance(file, ImageFile) else self._with_key(file)
            except READ_ERRORS as error:
                raise source_cut_error(self.name, self.position(), error) from error
            if file is None:
                return
            if item is not None:
                yield item
            if self._filter.full and self._rules.ends_when_full:
                self.rest_unread = True
                return

    def sum_chosen_sizes(self) -> int:
        """Return the bytes of all chosen files, without reading them. Exhausts this source."""
        for file in self._files:
            if isinstance(file, ImageFile):
                self._choose(file)
        return self._filter.chosen.size

    def _read_image(self, file: ImageFile) -> Image | RejectedFile | None:
        """Return the file's image, or the file rejected; None if the selection leaves it out."""
        key = self._choose(file)
        if not isinstance(key, str):
            return key
        if not fits_topic(key=key, size=file.size, max_message_bytes=self._rules.max_message_bytes):
            return reject(file, ImageReason.TOO_LARGE, key=key)
        try:
            data = file.read()
        except UnreadableError:
            return reject(file, ImageReason.UNREADABLE, key=key)
        reason = check_image(data)
        if reason is not None:
            return reject(file, reason, key=key)
        self._keys.add(key)
        return Image(key=key, name=file.name, data=data)

    def _choose(self, file: ImageFile) -> str | RejectedFile | None:
        """Check a file's name and size; returns its key, or the file rejected, or None if it is left out."""
        parts = self._rules.path_parser.parse(file.name)
        if isinstance(parts, ImageReason):
            return reject(file, parts)
        if not self._filter.take_camera(parts.camera, file.size):
            return None
        if parts.utime is not None and not self._filter.take_nth(parts.session, parts.camera, file.size):
            return None
        reason = self._reject_reason(parts, file.size)
        if reason is not None:
            return reject(file, reason, key=parts.key if reason is ImageReason.TOO_LARGE else None)
        return parts.key if self._filter.take_size(file.size) else None

    def _with_key(self, rejected: RejectedFile | None) -> RejectedFile | None:
        """Add the key of its path to an entry that was rejected without being a file, such as a link."""
        parts = self._rules.path_parser.parse(rejected.name) if rejected is not None else ImageReason.PATH
        cameras = self._rules.selection.cameras
        if rejected is None or isinstance(parts, ImageReason) or parts.utime is None:
            return rejected
        return replace(rejected, key=parts.key) if cameras is None or parts.camera in cameras else rejected

    def _reject_reason(self, parts: PathParts, size: int) -> ImageReason | None:
        """Return why a file is rejected before it is read. Such a file does not count towards --max-bytes."""
        if parts.utime is None:
            return ImageReason.NAME
        if parts.key in self._keys:
            return ImageReason.DUPLICATE
        return ImageReason.TOO_LARGE if size > MAX_IMAGE_BYTES else None
