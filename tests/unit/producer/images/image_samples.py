"""Sources of images for tests."""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from producer.images.image_files import RejectedFile
from producer.images.image_source import Image, ImageSource
from producer.images.open_images import open_images
from producer.images.selection import Selection

UTIME = 1_353_099_678_000_000
Members = Iterable[tuple[str | tarfile.TarInfo, bytes]]


def picture(number: int = 0, *, kind: str = "TIFF", size: tuple[int, int] = (8, 6), **options: Any) -> bytes:
    """A small image, another one for each number."""
    packed = io.BytesIO()
    Pillow.new("RGB", size, (number % 256, number // 256 % 256, 9)).save(packed, kind, **options)
    return packed.getvalue()


def member(name: str, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def make_tar(members: Members, *, mode: str = "w") -> bytes:
    """An archive of these members; a TarInfo is taken as it is, a name gets its content's size."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode, encoding="utf-8") as archive:  # pyright: ignore[reportCallIssue, reportArgumentType]
        for what, content in members:
            info = what if isinstance(what, tarfile.TarInfo) else member(what, size=len(content))
            archive.addfile(info, io.BytesIO(content) if content else None)
    return packed.getvalue()


def session(count: int = 4, *, cameras: int = 2) -> list[tuple[str, bytes]]:
    """Members as NCLT's archives have them, one camera after another in turn."""
    return [
        (f"2012-11-16/lb3/Cam{n % cameras}/{UTIME + n // cameras * 200_000}.tiff", picture(n)) for n in range(count)
    ]


def write_files(folder: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    for name, content in members:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def read(source: ImageSource) -> tuple[dict[str, bytes], dict[str, str]]:
    """The images by key, and the refused files with their reasons."""
    items = list(source)
    images = {item.key: item.data for item in items if isinstance(item, Image)}
    refused = {item.name: item.reason.value for item in items if isinstance(item, RejectedFile)}
    assert len(images) + len(refused) == len(items)
    return images, refused


def read_source(spec: Path | str, *, stdin: bytes = b"", largest: int | None = None, **chosen: Any) -> Any:
    """Read a source; its images by key, its refused files, what was left out."""
    with open_images(
        str(spec), env={}, selection=Selection(**chosen), max_message_bytes=largest, stdin=io.BytesIO(stdin)
    ) as source:
        images, refused = read(source)
        return images, refused, source
