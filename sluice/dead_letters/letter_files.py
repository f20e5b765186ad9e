"""`sluice dlq write`: writes dead letters to a file from which they can be corrected and loaded again.

The file's extension is its format: .csv rows for `sluice load gps`, .tar images for `sluice load images`, .jsonl every
letter as it is. Letters that cannot be converted go into a second file, FILE's name with .rest.jsonl.
"""

import io
import re
import shlex
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import format_json
from producer.shared.output_files import replacing
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.gps_rows import HEADER, NotConvertibleError, letter_to_row
from sluice.view.record_decoder import Decoder

REST = ".rest.jsonl"
ROWS_TOPIC, IMAGES_TOPIC = "gps-fixes", "images"
_IMAGE_KEY = re.compile(r"[\w.+-]+/[\w.+-]+/[0-9]{1,19}")
_MAGIC_NUMBERS = {b"II*\0": ".tiff", b"MM\0*": ".tiff", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg"}


@dataclass(kw_only=True)
class WriteResult:
    """Files that were written, and the number of letters in each."""

    file: Path
    extension: str
    """Format of `file`: .csv, .tar or .jsonl."""
    letters: int = 0
    """Number in `file`."""
    older: int = 0
    """Rows and images left out because a newer letter has the same utime or key."""
    rest: int = 0
    """Number in `rest_file`."""
    rest_file: Path | None = None
    others: int = 0
    """Letters of other topics, left out of this format."""

    def as_object(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "file": str(self.file.absolute()),
            "letters": self.letters,
            "older_left_out": self.older,
            "rest": self.rest,
            "rest_file": str(self.rest_file.absolute()) if self.rest_file else None,
            "of_other_topics": self.others,
        }

    def sentences(self) -> list[str]:
        """Return sentences for display."""
        noun = {".csv": "row", ".tar": "image", ".jsonl": "dead letter"}[self.extension]
        lines = [f"{self.letters:,} {noun}{'' if self.letters == 1 else 's'} in {self.file.absolute()}"]
        if self.older:
            same = "utime" if self.extension == ".csv" else "key"
            lines.append(f"{self.older:,} left out: a newer dead letter has the same {same}")
        if self.rest_file:
            lines.append(f"{self.rest:,} that cannot be a {noun}, each with the reason, in {self.rest_file.absolute()}")
        if self.others:
            lines.append(f"{self.others:,} of other topics are not in it; a FILE that ends in .jsonl takes all")
        if self.letters and self.extension != ".jsonl":
            kind = "gps" if self.extension == ".csv" else "images"
            lines.append(f"next: correct it, then sluice load {kind} {shlex.quote(str(self.file.absolute()))}")
        return lines


def file_format(path: Path) -> str:
    """Return the file's extension, which is its format; raises SluiceError for an unknown one."""
    if path.suffix not in (".csv", ".tar", ".jsonl"):
        raise SluiceError(
            f"FILE is {path}; it must end in .csv (rows of GPS logs), .tar (images) or .jsonl (all, as they are)",
            status=Exit.USAGE,
        )
    return path.suffix


def rest_path(path: Path) -> Path:
    """Return the path of the file for letters that cannot be converted."""
    return path.with_name(path.stem + REST)


def check_overwrite(path: Path, *, force: bool) -> None:
    """Raise SluiceError if a file to write exists already, unless `force`."""
    for file in {path, rest_path(path)}:
        if file.exists() and not force:
            raise SluiceError(f"{file} is there already; --force writes over it", status=Exit.USAGE)


def newest_images(letters: Iterable[DeadLetter]) -> dict[str, str]:
    """Return the address of the newest letter of each image key: a load sends only the first file of a key."""
    keys = ((_usable_key(letter), letter) for letter in letters if _is_image(letter) and letter.value is not None)
    return {key: letter.address for key, letter in keys if key is not None}


def write_letters(
    letters: Iterable[DeadLetter], path: Path, *, decode: Decoder, newest: Mapping[str, str] | None = None
) -> WriteResult:
    """Write letters to the file `path` in the format of its extension; an existing file is replaced at the very end.

    `newest` is the result of newest_images(), for a .tar. Raises SluiceError if a file cannot be written.
    """
    extension = file_format(path)
    written = WriteResult(file=path, extension=extension)
    try:
        with ExitStack() as stack:
            file = stack.enter_context(replacing(path))
            rest = _Rest(rest_path(path), stack)
            if extension == ".tar":
                content = _Images(file, stack, newest or {})
            else:
                content = _Rows(file, decode) if extension == ".csv" else _All(file, decode)
            for letter in letters:
                try:
                    if not content.add(letter):
                        written.others += 1
                except NotConvertibleError as error:
                    rest.add({**letter.as_full_object(decode), "why_not": str(error)})
            content.finish(written)
        rest.remove_earlier()
    except OSError as error:
        raise SluiceError(f"{error.filename or path} cannot be written: {error.strerror}; choose another") from error
    written.rest, written.rest_file = rest.count, rest.written_to
    return written


class _Rest:
    """The file for letters that cannot be converted: created for the first one, closed by `stack`."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.count = 0
        self._path, self._stack = path, stack
        self._file: IO[bytes] | None = None

    @property
    def written_to(self) -> Path | None:
        """Path of the file; None if no letter was added."""
        return self._path if self.count else None

    def add(self, letter: dict[str, Any]) -> None:
        """Append a letter, as JSON types."""
        self._file = self._file or self._stack.enter_context(replacing(self._path))
        self._file.write(_json_line(letter))
        self.count += 1

    def remove_earlier(self) -> None:
        """Remove the file of an earlier run if no letter was added."""
        if not self.count:
            self._path.unlink(missing_ok=True)


def _json_line(value: dict[str, Any]) -> bytes:
    return (format_json(value) + "\n").encode()


class _Rows:
    """Writes a CSV with one row for each utime, from its newest letter."""

    def __init__(self, file: IO[bytes], decode: Decoder) -> None:
        self._file, self._decode = file, decode
        self._rows: dict[int, str] = {}
        self._count = 0

    def add(self, letter: DeadLetter) -> bool:
        if letter.original_topic not in (None, ROWS_TOPIC):
            return False
        utime, row = letter_to_row(letter, self._decode)
        self._count += 1
        self._rows[utime] = row
        return True

    def finish(self, written: WriteResult) -> None:
        lines = [HEADER, *(self._rows[utime] for utime in sorted(self._rows))]
        self._file.write("".join(f"{line}\n" for line in lines).encode())
        written.letters, written.older = len(self._rows), self._count - len(self._rows)


class _Images:
    """Writes a tar with one file for each image, whose path is its key, as `sluice load images` expects."""

    def __init__(self, file: IO[bytes], stack: ExitStack, newest: Mapping[str, str]) -> None:
        self._tar = stack.enter_context(tarfile.open(fileobj=file, mode="w|"))  # noqa: SIM115 it is entered
        self._newest = newest
        self._count = self._older = 0

    def add(self, letter: DeadLetter) -> bool:
        if not _is_image(letter):
            return False
        if letter.value is None:
            raise NotConvertibleError("it has no value: it was to delete the image of its key")
        key = _usable_key(letter)
        if key is not None and self._newest.get(key, letter.address) != letter.address:
            self._older += 1
            return True
        member = tarfile.TarInfo(_image_path(letter, key))
        member.size = len(letter.value)
        self._tar.addfile(member, io.BytesIO(letter.value))
        self._count += 1
        return True

    def finish(self, written: WriteResult) -> None:
        self._tar.close()
        written.letters, written.older = self._count, self._older


def _is_image(letter: DeadLetter) -> bool:
    return letter.original_topic in (None, IMAGES_TOPIC)


def _usable_key(letter: DeadLetter) -> str | None:
    """Return the key if it is session/camera/utime, else None."""
    key = (letter.key or b"").decode(errors="replace")
    return key if _IMAGE_KEY.fullmatch(key) and not {".", ".."} & set(key.split("/")) else None


def _image_path(letter: DeadLetter, key: str | None) -> str:
    """Return the path in the archive: the key, or the letter's address if the key is unusable, with an extension."""
    value = letter.value or b""
    extension = next((name for start, name in _MAGIC_NUMBERS.items() if value.startswith(start)), ".bin")
    return f"{key}{extension}" if key else f"without-a-key/{letter.address.replace(':', '-')}{extension}"


class _All:
    """Writes every letter complete, as a line of JSON."""

    def __init__(self, file: IO[bytes], decode: Decoder) -> None:
        self._file, self._decode = file, decode
        self._count = 0

    def add(self, letter: DeadLetter) -> bool:
        self._file.write(_json_line(letter.as_full_object(self._decode)))
        self._count += 1
        return True

    def finish(self, written: WriteResult) -> None:
        written.letters = self._count
