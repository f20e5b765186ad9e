"""Output of `sluice dlq show`: one dead letter with key, value, headers and stack trace."""

from typing import Any

from rich.text import Text

from producer.runtime.terminal import Console, escape_line, escape_text, format_json
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.view.record_decoder import Decoder, is_undecoded

HEX_BYTES = 1024
"""Bytes shown of a value that cannot be decoded; --json and `sluice dlq write` output all of them."""
TOMBSTONE = "none: the record deletes its key (tombstone)"
_LINE_BYTES = 16


def print_letter(letter: DeadLetter, *, console: Console, decode: Decoder, trace: bool, sent: bool) -> None:
    """Print one letter; `trace` adds its Java stack trace, `sent` says that it was sent again."""
    for name, text in _fields(letter, decode=decode, sent=sent):
        console.print(_line(name, text), soft_wrap=True)
    for name, value in letter.own_headers:
        console.print(_line(f"header {name}", "none" if value is None else _text(value)), soft_wrap=True)
    console.print(_line("value", _value(letter, decode)), soft_wrap=True)
    if trace:
        console.print(_line("stack trace", letter.trace or "none"), soft_wrap=True)
    elif letter.trace:
        console.print(Text("the stack trace: --trace", style="dim"))


def _fields(letter: DeadLetter, *, decode: Decoder, sent: bool) -> list[tuple[str, str]]:
    return [
        ("letter", letter.address + (" (sent again)" if sent else "")),
        ("connector", letter.connector + (f", task {letter.error('task.id')}" if letter.error("task.id") else "")),
        ("step", letter.step or "unknown"),
        ("reason", letter.reason),
        ("exception", letter.error("exception.class.name") or "unknown"),
        ("original record", letter.original_record),
        ("time (UTC)", letter.time or "unknown"),
        ("key", letter.displayed_key(decode)),
    ]


def _line(name: str, text: str) -> Text:
    return Text.assemble((f"{escape_line(name)}: ", "dim"), escape_text(text))


def _value(letter: DeadLetter, decode: Decoder) -> str:
    if letter.value is None:
        return TOMBSTONE
    size = f"{len(letter.value):,} bytes"
    text = decoded_text(letter.value, decode)
    return f"{size}, not decoded\n{undecoded_text(letter.value)}" if text is None else f"{size}\n{text}"


def decoded_text(value: bytes, decode: Decoder) -> str | None:
    """Return a value as text, or as JSON on several lines; None where it cannot be decoded."""
    decoded: Any = decode(value)
    if is_undecoded(decoded):
        return None
    return decoded if isinstance(decoded, str) else format_json(decoded, indent=2)


def undecoded_text(value: bytes) -> str:
    """Return the first HEX_BYTES of a value as hex and text."""
    left = len(value) - HEX_BYTES
    more = f"\n… {left:,} bytes more: sluice dlq show --json has them all" if left > 0 else ""
    return hex_lines(value[:HEX_BYTES]) + more


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace")


def hex_lines(data: bytes) -> str:
    """Format bytes as offset, hex and text, 16 in a line."""
    lines: list[str] = []
    for at in range(0, len(data), _LINE_BYTES):
        piece = data[at : at + _LINE_BYTES]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)  # noqa: PLR2004 printable ASCII
        lines.append(f"{at:08x}  {piece.hex(' '):<47}  {text}")
    return "\n".join(lines)
