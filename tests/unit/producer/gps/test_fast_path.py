"""The fast path must make the very bytes that the plain one makes, on any input."""

import io
import struct
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.gps import encode_row
from producer.gps.check_rows import RowReject, read_fixes
from producer.gps.convert_blocks import Converter
from producer.gps.encode_columns import records
from producer.gps.header import HeaderError
from producer.gps.line_blocks import Block, read_blocks
from producer.gps.parse_columns import read_columns
from producer.gps.parse_row import GpsFix, parse_row

HEADER = encode_row.encode_header(100_003)
Pair = tuple[bytes, bytes | None]
Read = tuple[list[Pair], list[RowReject], int, str]
"""Messages, rejects, lines read, and what is wrong with a header."""


def plainly(log: bytes, *, tombstones: bool = False) -> Read:
    pairs: list[Pair] = []
    rejects: list[RowReject] = []
    reader = read_fixes(io.BytesIO(log))
    problem = ""
    try:
        for row in reader:
            if isinstance(row, GpsFix):
                pairs.append(
                    (encode_row.encode_key(row), None if tombstones else encode_row.encode_value(row, header=HEADER))
                )
            else:
                rejects.append(row)
    except HeaderError as error:
        problem = str(error)
    return pairs, rejects, reader.checker.lines, problem


def fast(blocks: Iterable[Block], *, tombstones: bool = False) -> Read:
    converter = Converter(header=HEADER, tombstones=tombstones)
    batches = [converter.convert(block) for block in blocks]
    pairs = [pair for batch in batches for part in batch.records for pair in part.pairs()]
    rejects = [reject for batch in batches for reject in batch.rejects]
    return pairs, rejects, converter.checker.lines, str(converter.problem or "")


def blocks_of(log: bytes, size: int = 1 << 19) -> Iterable[Block]:
    return read_blocks(io.BufferedReader(io.BytesIO(log)), size=size)  # pyright: ignore[reportArgumentType]


def with_field(*fields: str, place: int, text: str) -> tuple[str, ...]:
    return (*fields[:place], text, *fields[place + 1 :])


START = 1_353_099_678_000_000
PLAIN = (str(START + 5), "3", "0", "0.738", "-1.461", "264.4", "11.3", "0.005")
EDGES = [
    *(
        "nan",
        "NaN",
        "-nan",
        "+nan",
        "nan(1)",
        "nan(0x1)",
        "inf",
        "-inf",
        "infinity",
        "null",
        "NULL",
        "N/A",
        "#N/A",
        "none",
    ),
    *(
        "0",
        "-0",
        "-0.0",
        "+0",
        "+1",
        "00",
        "007",
        "1.",
        ".5",
        ".",
        "-",
        "",
        " ",
        " 1",
        "1 ",
        "\t1",
        "1\x0b",
        "\x0c1",
        "1\xa0",
    ),
    *(
        "1e-400",
        "-1e-400",
        "1e400",
        "5e-324",
        "2.5e-324",
        "2.4e-324",
        "4.9406564584124654e-324",
        "2.2250738585072011e-308",
    ),
    *("1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e", "e1", "1e+", "1E5", "1e+05"),
    *(
        "0.1000000000000000055511151231257827021181583404541015625",
        "9007199254740993",
        "9007199254740992.5",
        "1_0",
        "0x10",
    ),
    *(
        "0X1",
        "0x1p3",
        "1f",
        "1d",
        "1L",
        "1,5",
        "'1'",
        '"1"',
        "٣",
        "1\x00",
        "true",
        "false",
        "1;2",
        "2012-11-16",
        "--1",
        "1-",
    ),
    *(
        "1.5707963267948966",
        "1.5707963267948968",
        "-3.141592653589793",
        "3.1415926535897935",
        "360",
        "-360",
        "360.00000000000006",
    ),
    *(
        "3",
        "4",
        "63",
        "64",
        "2147483647",
        "2147483648",
        "-1",
        "18446744073709551616",
        "9" * 400,
        "0" * 30 + "1",
        "0." + "3" * 30,
    ),
]
UTIMES = [
    *("1.37E+15", "1.353099678298235000e+15", "1.3530996782982355e+15", "1.35309967829823e+15", "1353099678298235.0"),
    *("1353099678298235.", "1353099678298235.5", "1353099678.298235", "1353099678298235e0", "1e15", "1.5e999"),
    *("1353099678", "1353099678298", "1353099678298235000", "946684800000000", "999999999999999"),
    *(
        "1000000000000000",
        "4102444799999999",
        "4102444800000000",
        "-1353099678298235",
        "+1353099678298235",
        "01353099678298235",
    ),
]
floats = st.floats(width=64).map(repr) | st.floats(-4, 4).map(repr) | st.floats(-4, 4).map("{:.20g}".format)
numbers = st.sampled_from(EDGES) | floats | st.decimals(-4, 4, places=17).map(str)
fine = st.floats(-1.5, 1.5).map(repr) | st.just("nan") | st.decimals(-1, 1, places=15).map(str)
utimes = st.integers(START, START + 60).map(str)
plain_rows = st.tuples(utimes, st.sampled_from("0123"), st.sampled_from(["0", "7", "63"]), fine, fine, fine, fine, fine)
columns_and_texts = st.tuples(st.integers(0, 7), numbers | st.sampled_from(UTIMES))
edge_rows = st.tuples(plain_rows, columns_and_texts).map(
    lambda given: with_field(*given[0], place=given[1][0], text=given[1][1])
)
odd_rows = st.lists(numbers, max_size=10).map(tuple)
lines = (plain_rows | plain_rows | edge_rows | odd_rows).map(lambda fields: ",".join(fields).encode())
ends = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b"\r\n\r\n", b" \n", b"\t\r\n"])
any_lines = lines | lines | st.binary(max_size=30) | st.just(b"\xef\xbb\xbf") | st.just(b"7" * 5000)
logs = st.lists(st.tuples(any_lines, ends), max_size=12).map(lambda parts: b"".join(line + end for line, end in parts))
SPELLINGS = (
    ("utime", "timestamp", "time_us", "Time [µs]", '"utime"', "time (s)"),
    ("fix_mode", "fixMode", "mode", " fix ", "fix-mode"),
    ("satellites", "num_sats", "nSat"),
    ("latitude", "lat", "lat_rad", "Latitude (rad)", "latitude_deg"),
    ("longitude", "lng", "LON", "long", "lat"),
    ("altitude", "alt_m", "height [m]"),
    ("track", "heading", "course (deg)", "track_rad"),
    ("speed", "speed_m/s", "velocity", "speed (km/h)", "v"),
)
orders = st.permutations(range(8))


@st.composite
def logs_with_headers(draw: st.DrawFn) -> bytes:
    """Logs with names for their columns, most of them right, in any order and at any line."""
    order = draw(orders)
    names = [draw(st.sampled_from(SPELLINGS[column][:1]) | st.sampled_from(SPELLINGS[column])) for column in order]
    header = draw(st.sampled_from(["", "", "", "# ", "\ufeff"])) + draw(st.sampled_from([",", ",", ",", " "])).join(
        names
    )
    plain = [",".join(names[order.index(column)] for column in range(8)).encode()]
    rows = [
        ",".join(fields[column] for column in order).encode()
        for fields in draw(st.lists(plain_rows | edge_rows, max_size=8))
    ]
    before = draw(st.lists(st.sampled_from([b"", b"# made by a robot", b" "]), max_size=2))
    log = [*before, header.encode(draw(st.sampled_from(["utf-8", "utf-8", "latin-1"])), "replace"), *rows]
    if draw(st.integers(0, 3)) == 0:
        log.insert(draw(st.integers(0, len(log))), draw(any_lines | st.sampled_from([header.encode(), *plain])))
    return draw(st.sampled_from([b"\n", b"\r\n"])).join(log)


@settings(max_examples=300, deadline=None)
@given(log=logs, size=st.integers(1, 400) | st.just(1 << 19), tombstones=st.booleans())
def test_both_paths_agree_on_any_log(log: bytes, size: int, tombstones: bool) -> None:
    assert fast(blocks_of(log, size), tombstones=tombstones) == plainly(log, tombstones=tombstones)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(log=logs_with_headers(), size=st.integers(1, 400) | st.just(1 << 19))
def test_both_paths_agree_on_any_log_that_names_its_columns(log: bytes, size: int) -> None:
    assert fast(blocks_of(log, size)) == plainly(log)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(plain_rows, min_size=1, max_size=9, unique_by=lambda fields: fields[0]), order=orders)
def test_columns_in_any_order_make_the_same_messages(rows: list[tuple[str, ...]], order: list[int]) -> None:
    names = [SPELLINGS[column][0] for column in order]
    log = "\n".join(",".join(line) for line in [names, *([fields[column] for column in order] for fields in rows)])
    expected = [
        (encode_row.encode_key(fix), encode_row.encode_value(fix, header=HEADER))
        for fix in map(parse_row, (",".join(r).encode() for r in rows))
    ]
    assert fast(blocks_of(log.encode()))[::3] == (expected, "") == plainly(log.encode())[::3]
    places = tuple(order.index(column) for column in range(8))
    block = b"".join(",".join(fields[column] for column in order).encode() + b"\n" for fields in rows)
    assert read_columns(block, lines=len(rows), order=places) is not None  # by the fast reading


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(plain_rows | edge_rows, min_size=1, max_size=6))
def test_what_the_columns_accept_the_plain_parser_reads_the_same(rows: list[tuple[str, ...]]) -> None:
    texts = [",".join(fields).encode() for fields in rows]
    columns = read_columns(b"".join(text + b"\n" for text in texts), lines=len(texts))
    if columns is not None:
        fixes = [parse_row(text) for text in texts]
        pairs = records(columns, header=HEADER).pairs()
        assert pairs == [(encode_row.encode_key(fix), encode_row.encode_value(fix, header=HEADER)) for fix in fixes]


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(plain_rows, min_size=1, max_size=20, unique_by=lambda fields: fields[0]))
def test_plain_rows_take_the_fast_path(rows: list[tuple[str, ...]]) -> None:
    block = b"".join(",".join(fields).encode() + b"\n" for fields in rows)
    assert read_columns(block, lines=len(rows)) is not None


@pytest.mark.parametrize("place", range(8))
def test_both_paths_agree_on_every_edge_in_every_column(place: int) -> None:
    for text in [*EDGES, *UTIMES, "0" * 5_000 + "1", "0." + "0" * 5_000 + "1"]:
        odd = ",".join(with_field(*PLAIN, place=place, text=text))
        before, after = (",".join(with_field(*PLAIN, place=0, text=str(START + shift))) for shift in (0, 9))
        for log in (f"{before}\n{odd}\n{after}\n", f"{before}\n{odd}\r\n"):
            assert fast(blocks_of(log.encode())) == plainly(log.encode()), text


@pytest.mark.parametrize("odd", [b"\xef\xbb\xbf", b"\r", b"\n", b" ", b",", b"\x00", b"\xff", b'"', b"\x1a"])
@pytest.mark.parametrize("where", ["%(odd)b%(row)b", "%(row)b%(odd)b", "%(row)b\n%(odd)b", "%(odd)b\n%(row)b"])
def test_both_paths_agree_on_odd_bytes_between_rows(odd: bytes, where: str) -> None:
    first, row, last = (",".join(with_field(*PLAIN, place=0, text=str(START + n))).encode() for n in range(3))
    log = b"%b\n%b\n%b\n" % (first, where.encode() % {b"row": row, b"odd": odd}, last)
    for size in (1 << 19, len(first) + 1):
        assert fast(blocks_of(log, size)) == plainly(log)


def test_a_bare_cr_ends_no_line_even_where_a_blank_line_makes_the_count_right() -> None:
    rows = [",".join(with_field(*PLAIN, place=0, text=str(START + n))).encode() for n in range(4)]
    log = b"%b\n%b\r%b\n\n%b\n" % tuple(rows)
    assert fast(blocks_of(log)) == plainly(log)


def some_rows(count: int) -> list[bytes]:
    return [
        b"%d,%d,0,0.7%d,-1.4%d,%s,11.%d,%s"
        % (
            START + n * 200_000,
            3 - n % 2,
            n,
            n,
            b"nan" if n % 2 else b"26%d.5" % (n % 10),
            n % 10,
            b"nan" if n % 7 == 0 else b"1.3",
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_few_bad_rows_in_a_large_block_do_not_change_the_rest(ending: bytes) -> None:
    rows = some_rows(5_000)
    rows[0:0] = [b"utime,mode,sats,lat,lon,alt,track,speed"]
    for place, bad in ((700, b"1.37E+15,3,0,1,1,1,1,1"), (2_000, b"x" * 60_000), (2_001, b""), (4_999, rows[50])):
        rows[place] = bad
    log = ending.join(rows)
    assert fast(blocks_of(log)) == plainly(log)
    assert fast(blocks_of(log, 10_000)) == plainly(log)


def test_a_log_in_falling_order_is_loaded_whole() -> None:
    log = b"\n".join(reversed(some_rows(3_000)))
    pairs, rejects, lines_read, problem = fast(blocks_of(log))
    assert (len(pairs), rejects, lines_read, problem) == (3_000, [], 3_000, "")
    assert pairs == plainly(log)[0]


def test_one_endless_line_among_many_short_ones_is_found() -> None:
    log = b"\n".join([*some_rows(400), b"z" * 300_000, *some_rows(800)[400:]])
    assert fast(blocks_of(log)) == plainly(log)


def test_no_more_rows_are_converted_than_rejects_allow() -> None:
    rows = some_rows(1_000)
    for place in (100, 200, 300):
        rows[place] = b"?"
    converter = Converter(header=HEADER, max_rejects=2)
    batch = converter.convert(Block(b"\n".join(rows) + b"\n"))
    assert (converter.stopped, len(batch.rejects), batch.lines) == (True, 3, 301)
    assert sum(part.record_count() for part in batch.records) == 298


def test_the_value_is_the_wire_format_before_fastavros_bytes() -> None:
    fix = GpsFix(START, 3, 0, 0.5, None, None, None, None)
    magic, schema_id = struct.unpack_from(">bI", encode_row.encode_value(fix, header=HEADER))
    assert (magic, schema_id) == (0, 100_003)
