"""Safe output to a terminal: escapes control characters in text, JSON, rich output and argparse messages.

Names and values come from files, tables, topics and Redis, which may contain escape sequences, characters that reverse
the direction of the text, or bytes that are not UTF-8.
"""

import argparse
import json
import re
from typing import IO, Any, NoReturn

import rich.console
from rich.segment import Segment
from rich.text import Text

_UNPRINTABLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
"""Control characters except tab and line feed, zero-width and bidirectional characters, lone surrogates."""
_UNSAFE = re.compile(f"[{_UNPRINTABLE}]")
_UNSAFE_IN_LINE = re.compile(f"[\t\n{_UNPRINTABLE}]")
_FIRST_ESCAPED_BYTE, _LAST_ESCAPED_BYTE = "\udc80", "\udcff"
_FIRST_ASTRAL = 0x10000
"""First code point that UTF-16, and so JSON, writes as a surrogate pair."""


def escape_text(text: str) -> str:
    r"""Return text of several lines with unsafe characters escaped: `\x1b` for ESC, `\xff` for a byte not UTF-8."""
    return _UNSAFE.sub(_escape, text)


def escape_line(text: str) -> str:
    """Return a name or a value with unsafe characters escaped, tabs and line feeds too: it stays in one line."""
    return _UNSAFE_IN_LINE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if _FIRST_ESCAPED_BYTE <= character <= _LAST_ESCAPED_BYTE:  # Python's surrogateescape, of a byte not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return ascii(character)[1:-1]


def format_json(value: object, *, indent: int | None = None, only_ascii: bool = False) -> str:
    """Return `value` as JSON; what escape_text escapes is escaped as JSON does, so that the value is unchanged."""
    text = json.dumps(value, ensure_ascii=only_ascii, indent=indent)
    return _UNSAFE.sub(_escape_json, text)


def _escape_json(match: re.Match[str]) -> str:
    number = ord(match[0])
    if number < _FIRST_ASTRAL:
        return f"\\u{number:04x}"
    number -= _FIRST_ASTRAL
    return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"


def write_json(value: object, file: IO[str], *, indent: int | None = None, flush: bool = True) -> None:
    """Write `value` as JSON and a line feed to `file`; ASCII only, if the file's encoding is not Unicode."""
    encoding = getattr(file, "encoding", None) or "utf-8"
    file.write(format_json(value, indent=indent, only_ascii=not encoding.lower().startswith("utf")) + "\n")
    if flush:
        file.flush()


class Console(rich.console.Console):
    """A rich console that prints text literally: no markup, no emoji codes, no control characters."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:  # pyright: ignore[reportIncompatibleMethodOverride] the options are passed on
        """Return text escaped, before rich silently drops some control characters."""
        return super().render_str(escape_text(text), **options)

    def render(self, renderable: Any, options: Any = None) -> Any:
        """Yield the segments to print, escaped again: other renderables may contain control characters."""
        for segment in super().render(renderable, options):
            if not segment.control and _UNSAFE.search(segment.text):
                yield Segment(escape_text(segment.text), segment.style)
            else:
                yield segment

    def on_broken_pipe(self) -> NoReturn:
        """Raise the BrokenPipeError for run_program.py to handle; rich itself would exit here."""
        raise  # noqa: PLE0704 rich calls this in its except block

    def print_error(self, text: str) -> None:
        """Print a message in red, without wrapping it."""
        self.print(text, style="red", soft_wrap=True)


def argument_parser(**options: Any) -> argparse.ArgumentParser:
    """Return an argument parser (sub-parsers too) whose error messages are escaped."""
    return _Parser(**options)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(escape_text(message))
