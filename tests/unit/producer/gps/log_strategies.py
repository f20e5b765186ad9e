"""Hypothesis strategies for GPS logs: plain rows, odd values in any column, headers in any order."""

from hypothesis import strategies as st


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
