"""What is printed: text is text, whatever it holds."""

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


def test_what_cannot_be_seen_is_escaped_and_what_can_is_left():
    assert escape_text(HOSTILE) == SHOWN
    assert escape_text(ORDINARY) == ORDINARY
    assert escape_text("a\tb\n") == "a\tb\n"
    assert escape_line("a\tb\n") == r"a\tb\n"
    assert escape_line("a/\udcff\x1b[2J\n é.tiff") == r"a/\xff\x1b[2J\n é.tiff"
    assert escape_text("\u200b\ufeff\U000e0041") == r"\u200b\ufeff\U000e0041"


def test_a_console_prints_text_and_tables_of_it():
    assert printed(HOSTILE) == SHOWN + "\n"
    assert printed(Text("\x1b[31m")) == "\\x1b[31m\n"
    table = Table("\x1b[1mname")
    table.add_row(HOSTILE)
    assert SHOWN in printed(table)
    assert "\x1b" not in printed(table)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_says_the_same_without_a_control_character(value: object):
    text = format_json(value)
    assert text == escape_line(text)
    assert json.loads(text) == value


def test_json_of_a_name_that_is_no_utf8_is_read_back():
    assert json.loads(format_json({"name": HOSTILE})) == {"name": HOSTILE}


def test_json_fits_what_the_stream_takes():
    raw = BytesIO()
    file = TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    write_json({"à": ":car:"}, file)
    assert raw.getvalue() == b'{"\\u00e0": ":car:"}\n'


def test_a_parser_repeats_nothing_that_is_obeyed(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        argument_parser(prog="p").parse_args([HOSTILE])
    assert f"unrecognized arguments: {SHOWN}" in capsys.readouterr().err
