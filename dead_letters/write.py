"""`sluice dlq write`: dead letters in files from which they can be mended and loaded again.

The ending of the file says what is in it: .csv rows for `sluice load gps`, .tar images for `sluice load images`,
.jsonl every letter as it is. What does not fit into a .csv or .tar goes beside it, into FILE's name with .rest.jsonl.
"""

import io
import re
import shlex
import tarfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from dead_letters.letter import Letter
from dead_letters.rows import HEADER, NoRowError, row_of
from exits import Exit, SluiceError
from terminal import as_json
from view.decode import Decoder

REST = ".rest.jsonl"
ROWS_TOPIC, IMAGES_TOPIC = "gps-fixes", "images"
_IMAGE_KEY = re.compile(r"[\w.+-]+/[\w.+-]+/[0-9]{1,19}")
_STARTS = {b"II*\0": ".tiff", b"MM\0*": ".tiff", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg"}


@dataclass(kw_only=True)
class Written:
    """What was written where."""

    file: Path
    form: str
    letters: int = 0
    """In the file itself."""
    older: int = 0
    """Rows left out because a newer letter has the same utime."""
    rest: int = 0
    """In the file beside it."""
    rest_file: Path | None = None
    others: int = 0
    """Letters of other topics, which this kind of file is not for."""

    def as_object(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "file": str(self.file.absolute()),
            "letters": self.letters,
            "older_left_out": self.older,
            "rest": self.rest,
            "rest_file": str(self.rest_file.absolute()) if self.rest_file else None,
            "of_other_topics": self.others,
        }

    def sentences(self) -> list[str]:
        """For a person."""
        thing = {".csv": "row", ".tar": "image", ".jsonl": "dead letter"}[self.form]
        lines = [f"{self.letters:,} {thing}{'' if self.letters == 1 else 's'} in {self.file.absolute()}"]
        if self.older:
            lines.append(f"{self.older:,} left out: a newer dead letter has the same utime")
        if self.rest_file:
            lines.append(
                f"{self.rest:,} that cannot be a {thing}, each with the reason, in {self.rest_file.absolute()}"
            )
        if self.others:
            lines.append(f"{self.others:,} of other topics are not in it; a FILE that ends in .jsonl takes all")
        if self.letters and self.form != ".jsonl":
            kind = "gps" if self.form == ".csv" else "images"
            lines.append(f"next: mend it, then sluice load {kind} {shlex.quote(str(self.file.absolute()))}")
        return lines


def form_of(path: Path) -> str:
    """The ending that says what goes into the file; raises SluiceError for another one."""
    if path.suffix not in (".csv", ".tar", ".jsonl"):
        raise SluiceError(
            f"FILE is {path}; it must end in .csv (rows of GPS logs), .tar (images) or .jsonl (all, as they are)",
            status=Exit.USAGE,
        )
    return path.suffix


def rest_path(path: Path) -> Path:
    """The file beside it."""
    return path.with_name(path.stem + REST)


def check_new(path: Path, *, force: bool) -> None:
    """Raise SluiceError where a file that would be written is there already, unless `force`."""
    for file in {path, rest_path(path)}:
        if file.exists() and not force:
            raise SluiceError(f"{file} is there already; --force writes over it", status=Exit.USAGE)


def write_letters(letters: Iterable[Letter], path: Path, *, decode: Decoder) -> Written:
    """Write the letters; raises SluiceError where a file cannot be written."""
    form = form_of(path)
    written = Written(file=path, form=form)
    fresh = not path.exists()
    try:
        with path.open("wb") as file, _Rest(rest_path(path)) as rest:
            taken = _Images(file) if form == ".tar" else {".csv": _Rows, ".jsonl": _All}[form](file, decode)
            for letter in letters:
                try:
                    if not taken.add(letter):
                        written.others += 1
                except NoRowError as error:
                    rest.add({**letter.whole(decode), "why_not": str(error)})
            taken.finish(written)
            written.rest, written.rest_file = rest.count, rest.written_to
    except OSError as error:
        if fresh:
            path.unlink(missing_ok=True)
        raise SluiceError(f"{error.filename or path} cannot be written: {error.strerror}; choose another") from error
    return written


class _Rest:
    """The file beside it: made when the first letter goes there; one of an earlier call is removed."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        with suppress(FileNotFoundError):
            self._path.unlink()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    @property
    def written_to(self) -> Path | None:
        """The file, if there is one."""
        return self._path if self.count else None

    def add(self, found: dict[str, Any]) -> None:
        """Add one letter."""
        self._file = self._file or self._path.open("wb")
        self._file.write(_json_line(found))
        self.count += 1


def _json_line(found: dict[str, Any]) -> bytes:
    return (as_json(found) + "\n").encode()


class _Rows:
    """A CSV with one row for each utime, of its newest letter."""

    def __init__(self, file: IO[bytes], decode: Decoder) -> None:
        self._file, self._decode = file, decode
        self._rows: dict[int, str] = {}
        self._count = 0

    def add(self, letter: Letter) -> bool:
        if letter.origin not in (None, ROWS_TOPIC):
            return False
        utime, row = row_of(letter, self._decode)
        self._count += 1
        self._rows[utime] = row
        return True

    def finish(self, written: Written) -> None:
        lines = [HEADER, *(self._rows[utime] for utime in sorted(self._rows))]
        self._file.write("".join(f"{line}\n" for line in lines).encode())
        written.letters, written.older = len(self._rows), self._count - len(self._rows)


class _Images:
    """A tar with one file for each image, named after its key as `sluice load images` reads it back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w|")  # noqa: SIM115 finish() closes it
        self._count = 0

    def add(self, letter: Letter) -> bool:
        if letter.origin not in (None, IMAGES_TOPIC):
            return False
        if letter.value is None:
            raise NoRowError("it has no value: it was to delete the image of its key")
        member = tarfile.TarInfo(_image_path(letter))
        member.size = len(letter.value)
        self._tar.addfile(member, io.BytesIO(letter.value))
        self._count += 1
        return True

    def finish(self, written: Written) -> None:
        self._tar.close()
        written.letters = self._count


def _image_path(letter: Letter) -> str:
    """The key with an ending; the letter's own address where the key is no path of three parts."""
    key, value = (letter.key or b"").decode(errors="replace"), letter.value or b""
    ending = next((ending for start, ending in _STARTS.items() if value.startswith(start)), ".bin")
    usable = _IMAGE_KEY.fullmatch(key) and not {".", ".."} & set(key.split("/"))
    return f"{key}{ending}" if usable else f"without-a-key/{letter.address.replace(':', '-')}{ending}"


class _All:
    """Every letter, whole, a line of JSON each."""

    def __init__(self, file: IO[bytes], decode: Decoder) -> None:
        self._file, self._decode = file, decode
        self._count = 0

    def add(self, letter: Letter) -> bool:
        self._file.write(_json_line(letter.whole(self._decode)))
        self._count += 1
        return True

    def finish(self, written: Written) -> None:
        written.letters = self._count
