"""The files of a tar archive, one after another as they come in a stream."""

from collections.abc import Callable, Iterator
from tarfile import TarInfo

from producer.images.reject_reasons import ImageReason
from producer.images.source_files import Entry, Refused
from producer.runtime.terminal import visible_line
from producer.sources.tar_archive import Tar
from producer.sources.unpack import Tap


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
