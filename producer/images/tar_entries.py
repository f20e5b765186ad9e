"""The files of a tar archive, one after another as they come in a stream."""

from collections.abc import Callable, Iterator
from tarfile import TarInfo

from producer.images.entries import Entry, Refused
from producer.images.reasons import ImageReason
from producer.tar import Tar
from producer.unpack import Tap
from terminal import visible_line


def files_in_tar(tap: Tap) -> Iterator[Entry | Refused]:
    """Yield the files of an archive in its order; raises TarError where it is damaged or cut."""
    tar = Tar(tap)
    for member in tar:
        if member.isreg():
            yield Entry(name=member.name, size=member.size, read=_reader(tar, member))
        elif not member.isdir():
            yield Refused(name=visible_line(member.name), reason=ImageReason.NOT_A_FILE, size=member.size)


def _reader(tar: Tar, member: TarInfo) -> Callable[[], bytes]:
    return lambda: tar.read(member)
