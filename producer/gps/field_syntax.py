"""Syntax of a row's fields: blanks, separators, and how numbers may be written."""

import re

BLANKS = b" \t\r\n"
"""Bytes that may stand around a value."""
OTHER_SEPARATORS = re.compile(rb"[ \t]*[;|][ \t]*|[ \t]+")
"""Separators that other programs write instead of a comma."""
INTEGER = re.compile(rb"-?[0-9]+")
WHOLE = re.compile(rb"(-?[0-9]+)(?:\.([0-9]*))?(?:[eE]\+?([0-9]{1,3}))?")
"""A number in which an integer can be written: 3.0, or 1.353099678298235000e+15 as np.savetxt writes it."""
NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
NAN = frozenset({b"nan", b"+nan", b"-nan"})
"""In lower case."""
_NAN_OR_INFINITE = frozenset({*NAN, b"inf", b"+inf", b"-inf"})
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")


def is_number(field: bytes) -> bool:
    """Return whether a field is a number, nan and inf included."""
    field = field.strip(BLANKS).lower()
    return field in _NAN_OR_INFINITE or NUMBER.fullmatch(field) is not None


def has_letter(row: bytes) -> bool:
    """Return whether a row has a letter, or a byte beyond ASCII."""
    return _LETTER.search(row) is not None
