"""Header of a log: the line that names the columns, in any order."""

import csv
import re
from collections import Counter
from typing import TypeAlias

from producer.gps.column_names import COLUMNS, ColumnName, parse_column_name
from producer.gps.field_syntax import BLANKS, OTHER_SEPARATORS, has_letter, is_number
from producer.runtime.exit_status import Exit, SluiceError

Order: TypeAlias = tuple[int, ...]
"""For each of COLUMNS its position in a row, counted from 0."""
PLAIN_ORDER: Order = tuple(range(len(COLUMNS)))
"""The order of a log without a header."""
_OTHER_NAME_SEPARATORS = re.compile(r"[\s;|]+")
_SHOWN = 200
"""Most bytes of a line that a message shows."""


class HeaderError(SluiceError):
    """A line names columns, but not those of a log."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=Exit.USAGE)


def is_comment(line: bytes) -> bool:
    """Return whether a line before the first row is a comment: it begins with # and names no columns."""
    return line.lstrip(BLANKS).startswith(b"#") and not _names_columns(_fields(line)[0])


def is_header(line: bytes, *, first: bool) -> bool:
    """Return whether a line names columns.

    The `first` line of a log does if it has letters and no number, whatever the names are. Any other line does if at
    least two of its names are known.
    """
    return (first and _is_text(line)) or _count_known(_fields(line)[0]) > 1


def read_header(line: bytes, *, where: str) -> Order:
    """Return the order of the columns; raises HeaderError, which begins with `where`, if they do not fit."""
    fields, separated_by_commas = _fields(line)
    named = [parse_column_name(field) for field in fields]
    problems = _find_problems(fields, named)
    if problems and not any(name.column for name in named):
        shown = line[:_SHOWN].decode("latin-1").strip() + ("…" if len(line) > _SHOWN else "")
        raise HeaderError(f"{where} is neither a row nor does it name the columns of a log: {shown!r}. {_remedy()}")
    if not separated_by_commas:
        problems.append("they have no commas between them, which the rows must have too")
    if problems:
        found = ", ".join(fields)
        raise HeaderError(f"{where} names columns that do not fit: {found}\n" + _indent(problems) + f"\n{_remedy()}")
    places = {name.column: place for place, name in enumerate(named)}
    return tuple(places[column] for column in COLUMNS)


def _is_text(row: bytes) -> bool:
    """Return whether a row has letters, and no field is a number; without a comma in it some words may be numbers."""
    if not has_letter(row):
        return False
    if b"," in row:
        return not any(map(is_number, row.split(b",")))
    words = OTHER_SEPARATORS.split(row.strip(BLANKS))
    numbers = sum(map(is_number, words))
    return not numbers or (len(words) != len(COLUMNS) and numbers < len(words))  # 404 Not Found


def _fields(line: bytes) -> tuple[list[str], bool]:
    """Return the names in a line, and whether there are commas between them."""
    text = _decoded(line).strip().lstrip("#").strip()
    fields = _split(text)
    if len(fields) > 1:
        return fields, True
    others = [field.strip("\"'") for field in _OTHER_NAME_SEPARATORS.split(text) if field]
    return (others, False) if _count_known(others) > 2 else (fields, True)  # noqa: PLR2004 — a sentence may have two such words


def _split(text: str) -> list[str]:
    try:
        fields = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:  # a bare CR, a NUL
        fields = text.split(",")
    return [field.strip() for field in fields]


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:  # µ and ° as Western European programs write them
        return line.decode("latin-1")


def _count_known(fields: list[str]) -> int:
    return len({name.column for name in map(parse_column_name, fields) if name.column})


def _names_columns(fields: list[str]) -> bool:
    return _count_known(fields) > 1 or len(fields) == len(COLUMNS)


def _find_problems(fields: list[str], named: list[ColumnName]) -> list[str]:
    """Return a sentence for each mistake in the names."""
    counts = Counter(name.column for name in named if name.column)
    unknown = [repr(field) for field, name in zip(fields, named, strict=True) if name.column is None]
    missing = [str(column) for column in COLUMNS if not counts[column]]
    problems = [f"{column.name} is named {count} times" for column, count in counts.items() if count > 1]
    problems += [
        f"{field!r} is in {name.unit}; it must be in {name.column.unit}"
        if name.column.unit
        else f"{field!r} has the unit {name.unit}, where a plain number must be"
        for field, name in zip(fields, named, strict=True)
        if name.column and not name.fits
    ]
    problems += [f"unknown: {', '.join(unknown)}"] if unknown else []
    return problems + ([f"missing: {', '.join(missing)}"] if missing else [])


def _indent(sentences: list[str]) -> str:
    return "\n".join(f"  {sentence}" for sentence in sentences)


def _remedy() -> str:
    return (
        f"Name each of these once, in any order: {', '.join(map(str, COLUMNS))}; without a header the columns must be "
        "in this order."
    )
