"""Output to a terminal: control characters in names and values are escaped."""

import json
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from producer.runtime.terminal import Console, argument_parser, escape_line, escape_text, format_json, write_json

HOSTILE = "\x1b[31mred\x1b[0m\r\u202e\x9b1m\udcff:car:[bold]"
SHOWN = r"\x1b[31mred\x1b[0m\r\u202e\x9b1m\xff:car:[bold]"
ORDINARY = "Ann Arbor, µs × 3 … 日本 \U0001f697 naïve [link] :car: C:\\x1b"


def printed(*things: object, width: int = 200) -> str:
    file = StringIO()
    Console(file=file, width=width, force_terminal=False).print(*things)
    return file.getvalue()


def test_unprintable_characters_are_escaped_and_printable_ones_kept():
    assert escape_text(HOSTILE) == SHOWN
    assert escape_text(ORDINARY) == ORDINARY
    assert escape_text("a\tb\n") == "a\tb\n"
    assert escape_line("a\tb\n") == r"a\tb\n"
    assert escape_line("a/\udcff\x1b[2J\n é.tiff") == r"a/\xff\x1b[2J\n é.tiff"
    assert escape_text("\u200b\ufeff\U000e0041") == r"\u200b\ufeff\U000e0041"


def test_a_console_escapes_text_and_tables():
    assert printed(HOSTILE) == SHOWN + "\n"
    assert printed(Text("\x1b[31m")) == "\\x1b[31m\n"
    table = Table("\x1b[1mname")
    table.add_row(HOSTILE)
    assert SHOWN in printed(table)
    assert "\x1b" not in printed(table)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_escapes_control_characters_and_keeps_the_value(value: object):
    text = format_json(value)
    assert text == escape_line(text)
    assert json.loads(text) == value


def test_json_of_a_name_not_in_utf8_round_trips():
    assert json.loads(format_json({"name": HOSTILE})) == {"name": HOSTILE}


def test_json_is_ascii_if_the_stream_is_not_unicode():
    raw = BytesIO()
    file = TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    write_json({"à": ":car:"}, file)
    assert raw.getvalue() == b'{"\\u00e0": ":car:"}\n'


def test_errors_of_a_parser_are_escaped(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        argument_parser(prog="p").parse_args([HOSTILE])
    assert f"unrecognized arguments: {SHOWN}" in capsys.readouterr().err
