"""Dead letters with any headers, keys and values: listed, shown and written, and nothing is written elsewhere."""

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any, cast

from confluent_kafka import Message
from hypothesis import strategies as st

from producer.gps.check_rows import read_fixes
from producer.gps.parse_row import GpsFix
from producer.runtime.terminal import Console
from sluice.dead_letters.dead_letter import ERROR_HEADER_PREFIX, DeadLetter
from sluice.dead_letters.letter_details import print_letter
from sluice.dead_letters.letter_files import newest_images, write_letters
from sluice.dead_letters.listing import as_object, make_listing, print_listing
from sluice.stack_trace import innermost_message
from sluice.view.message_table import TablePrinter, write_json_lines
from sluice.view.messages import decode_record
from tests.unit.sluice.dead_letters.letters import DECODE, UTIME, VALUE, fix

from .hostile_strategies import ODD_TEXTS, damaged
from .profile import bounded, fuzz

NAMES = ("topic", "partition", "offset", "connector.name", "stage", "class.name", "task.id", "exception.message")
TRACES = (
    b"java.lang.IllegalStateException: x\n\tat a.b(C.java:1)\nCaused by: a.b.CException",
    b"Caused by: ",
    b"a." * 9_000,
)
KEYS = (b"%d" % UTIME, b"9" * 5_000, b"-1", b"../../x/y/1", b"2012-11-16/Cam0/1", b"../Cam0/1", b"", b"\0\0\0\0\7\xff")
contents = st.none() | st.binary(max_size=30) | st.sampled_from([text.encode(errors="replace") for text in ODD_TEXTS])
errors = st.sampled_from([*NAMES, "exception.stacktrace", "exception.class.name"]).map(
    lambda n: ERROR_HEADER_PREFIX + n
)
topics = st.sampled_from([b"gps-fixes", b"images", b"../x", b"\xff", b""])
headers = st.lists(
    st.tuples(errors, contents | st.sampled_from(TRACES))
    | st.tuples(st.just(ERROR_HEADER_PREFIX + "topic"), topics)
    | st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), contents),
    max_size=9,
)
times = st.tuples(st.integers(0, 2), st.sampled_from([0, 1_353_500_000_000, 2**62, 253_402_300_800_000, 2**63 - 1, -1]))


class NothingSent:
    def includes(self, topic: str, partition: int, offset: int) -> bool:
        return False


@st.composite
def messages(draw: st.DrawFn) -> Any:
    return Message(
        draw(st.sampled_from(["mysql-sink-dead-letters", "redis-sink-dead-letters"])),
        partition=draw(st.integers(0, 3)),
        offset=draw(st.integers(0, 2**62)),
        key=draw(st.none() | contents | st.sampled_from(KEYS)),
        value=draw(st.none() | contents | damaged(VALUE) | st.just(fix())),
        headers=cast(Any, draw(st.none() | headers)),
        timestamp=draw(times),
    )


@fuzz(40, given=st.lists(messages(), max_size=4))
def test_any_letters_are_listed_shown_and_written(given: list[Any], tmp_path: Path) -> None:
    file = io.StringIO()
    console = Console(file=file)
    with bounded(seconds=20):
        letters = [DeadLetter.from_record(message) for message in given]
        listing = make_listing(
            letters, topics=("mysql-sink-dead-letters",), sent_letters=cast(Any, NothingSent()), limit=9
        )
        print_listing(listing, console=console, decode=DECODE)
        json.dumps(as_object(listing, DECODE))
        for letter in letters:
            print_letter(letter, console=console, decode=DECODE, trace=True, sent=False)
            innermost_message(letter.trace)
        records = [decode_record(message, decode=DECODE) for message in given]
        TablePrinter(console).print(records)
        write_json_lines(records, console=console)
        assert "\x1b" not in file.getvalue()
        folder = tmp_path / "written"
        folder.mkdir(exist_ok=True)
        for name in ("out.csv", "out.tar", "out.jsonl"):
            write_letters(letters, folder / name, decode=DECODE, newest=newest_images(letters))
    assert all(re.fullmatch(r"out[.](csv|tar|jsonl)([.]rest[.]jsonl)?", path.name) for path in folder.iterdir())
    assert list(tmp_path.iterdir()) == [folder]
    check_files(folder, letters)


def check_files(folder: Path, letters: list[DeadLetter]) -> None:
    """Check that what was written has every letter, plain paths, and rows that are loaded as they are."""
    assert len((folder / "out.jsonl").read_text(encoding="utf-8").splitlines()) == len(letters)
    with tarfile.open(folder / "out.tar") as tar:
        for member in tar:
            assert member.isreg()
            assert not {"", ".", ".."} & set(member.name.split("/"))
    with (folder / "out.csv").open("rb") as rows:
        for row in read_fixes(rows):
            if isinstance(row, GpsFix):
                assert row.utime == UTIME
