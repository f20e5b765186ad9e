"""The images of a source: which, under which key, and why not the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from producer.images.image_format import refuse
from producer.images.image_key import ImageName, Naming
from producer.images.record_size import IMAGE_CEILING, fits
from producer.images.reject_reasons import ImageReason
from producer.images.selection import Chooser, LeftOut, Selection
from producer.images.source_files import Entry, Refused, UnreadableError, refused
from producer.sources.log_source import cut_short
from producer.sources.unpack import READ_ERRORS


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image to be loaded."""

    key: str
    """<session>/<camera>/<utime>"""
    name: str
    """Its path inside the source."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What decides about a file, except for the files before it."""

    naming: Naming
    selection: Selection
    max_message_bytes: int | None
    ends_when_full: bool
    """Whether the source is read no further once --limit or --max-bytes is reached."""


class ImageSource:
    """Iterates once over the chosen images of an open source, and over the files that are refused.

    Raises SourceCutError where the source ends early.
    """

    def __init__(
        self,
        entries: Iterator[Entry | Refused],
        *,
        name: str,
        rules: Rules,
        size: int | None,
        position: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        """For messages: without the password or the signature that a URL may carry."""
        self.size = size
        """Bytes that position() will count up to, if that is known."""
        self.rest_unread = False
        """Whether an archive was not read on when --limit or --max-bytes was reached: it has more files."""
        self._entries = entries
        self._rules = rules
        self._chooser = Chooser(rules.selection)
        self._seen: set[str] = set()
        self._position = position or (lambda: self._chooser.chosen.size)

    @property
    def left_out(self) -> LeftOut:
        """What the selection has left out so far."""
        return self._chooser.left_out

    @property
    def max_message_bytes(self) -> int | None:
        """What the topic takes, if that is known."""
        return self._rules.max_message_bytes

    @property
    def chosen(self) -> int:
        """Files chosen so far, whether or not they were images."""
        return self._chooser.chosen.files

    def position(self) -> int:
        """Bytes so far: of the archive as it is stored, of the chosen files in a folder."""
        return self._position()

    def __iter__(self) -> Iterator[Image | Refused]:
        """Yield images and refused files in the order of the source."""
        while True:
            try:
                entry = next(self._entries, None)
                item = self._take(entry) if isinstance(entry, Entry) else self._with_key(entry)
            except READ_ERRORS as error:
                raise cut_short(self.name, self.position(), error) from error
            if entry is None:
                return
            if item is not None:
                yield item
            if self._chooser.full and self._rules.ends_when_full:
                self.rest_unread = True
                return

    def weigh(self) -> int:
        """Go through the source, which is used up by that, without reading a file; returns the bytes chosen."""
        for entry in self._entries:
            if isinstance(entry, Entry):
                self._choose(entry)
        return self._chooser.chosen.size

    def _take(self, entry: Entry) -> Image | Refused | None:
        """Return what becomes of a file; None if it is left out."""
        key = self._choose(entry)
        if not isinstance(key, str):
            return key
        if not fits(key=key, size=entry.size, max_message_bytes=self._rules.max_message_bytes):
            return refused(entry, ImageReason.TOO_LARGE, key=key)
        try:
            data = entry.read()
        except UnreadableError:
            return refused(entry, ImageReason.UNREADABLE, key=key)
        reason = refuse(data)
        if reason is not None:
            return refused(entry, reason, key=key)
        self._seen.add(key)
        return Image(key=key, name=entry.name, data=data)

    def _choose(self, entry: Entry) -> str | Refused | None:
        """Return the key of a file that is chosen by its name and size; None if it is left out."""
        name = self._rules.naming.understand(entry.name)
        if isinstance(name, ImageReason):
            return refused(entry, name)
        if not self._chooser.camera(name.camera, entry.size):
            return None
        if name.utime is not None and not self._chooser.turn(name.session, name.camera, entry.size):
            return None
        reason = self._hindrance(name, entry.size)
        if reason is not None:
            return refused(entry, reason, key=name.key if reason is ImageReason.TOO_LARGE else None)
        return name.key if self._chooser.room(entry.size) else None

    def _with_key(self, entry: Refused | None) -> Refused | None:
        """Return what the folder or the archive itself has refused, such as a link, with the key that its name says."""
        name = self._rules.naming.understand(entry.name) if entry is not None else ImageReason.PATH
        cameras = self._rules.selection.cameras
        if entry is None or isinstance(name, ImageReason) or name.utime is None:
            return entry
        return replace(entry, key=name.key) if cameras is None or name.camera in cameras else entry

    def _hindrance(self, name: ImageName, size: int) -> ImageReason | None:
        """Return why a file is refused without a look into it. Such a file uses up nothing of --max-bytes."""
        if name.utime is None:
            return ImageReason.NAME
        if name.key in self._seen:
            return ImageReason.DUPLICATE
        return ImageReason.TOO_LARGE if size > IMAGE_CEILING else None
