"""Standard streams: what is written to them is shown as it is, and a terminal takes none of it for a command.

Names and values come from files, tables, topics and Redis, where anybody may have put an escape sequence, a character
that turns the direction of the text around, or bytes that are no UTF-8.
"""

import argparse
import json
import re
from typing import IO, Any, NoReturn

import rich.console
from rich.segment import Segment
from rich.text import Text

_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
"""Control characters except tab and line feed, what has no width or turns the direction of text, lone surrogates."""
_HOSTILE = re.compile(f"[{_UNSEEN}]")
_HOSTILE_IN_A_LINE = re.compile(f"[\t\n{_UNSEEN}]")
_FIRST_ESCAPED_BYTE, _LAST_ESCAPED_BYTE = "\udc80", "\udcff"
_PLANE = 0x10000


def visible(text: str) -> str:
    r"""Text of several lines with everything in it to be seen: `\x1b` for ESC, `\xff` for a byte that is no UTF-8."""
    return _HOSTILE.sub(_escape, text)


def visible_line(text: str) -> str:
    """A name or a value in one line with everything in it to be seen, tabs and line feeds too."""
    return _HOSTILE_IN_A_LINE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if _FIRST_ESCAPED_BYTE <= letter <= _LAST_ESCAPED_BYTE:  # as Python keeps a byte of a name that is no UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return ascii(letter)[1:-1]


def as_json(value: object, *, indent: int | None = None, only_ascii: bool = False) -> str:
    """JSON in which everything is to be seen: what `visible` escapes, by JSON's own escapes."""
    text = json.dumps(value, ensure_ascii=only_ascii, indent=indent)
    return _HOSTILE.sub(_escape_json, text)


def _escape_json(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < _PLANE:
        return f"\\u{number:04x}"
    number -= _PLANE
    return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"


def write_json(value: object, file: IO[str], *, indent: int | None = None, flush: bool = True) -> None:
    """Write `value` and a line feed, in ASCII where `file` takes no more."""
    encoding = getattr(file, "encoding", None) or "utf-8"
    file.write(as_json(value, indent=indent, only_ascii=not encoding.lower().startswith("utf")) + "\n")
    if flush:
        file.flush()


class Console(rich.console.Console):
    """A console to which text is only text: no markup, no emoji codes, and nothing that a terminal obeys."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:  # pyright: ignore[reportIncompatibleMethodOverride] its options are passed on
        """Text to be printed: escaped before rich drops some control characters from it without a trace."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: Any, options: Any = None) -> Any:
        """What is printed in the end, whoever made it."""
        for segment in super().render(renderable, options):
            if not segment.control and _HOSTILE.search(segment.text):
                yield Segment(visible(segment.text), segment.style)
            else:
                yield segment

    def on_broken_pipe(self) -> NoReturn:
        """Hand the BrokenPipeError on to program.py, instead of ending here."""
        raise  # noqa: PLE0704 rich calls this while it handles the error

    def print_error(self, text: str) -> None:
        """Print a sentence in red, in a line of its own however long."""
        self.print(text, style="red", soft_wrap=True)


def argument_parser(**options: Any) -> argparse.ArgumentParser:
    """A parser (its sub-parsers too) whose complaints repeat nothing that a terminal obeys."""
    return _Parser(**options)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(visible(message))
