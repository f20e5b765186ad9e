import io
import math

import pytest

from producer.gps.check_rows import FixReader, RowReject, read_fixes
from producer.gps.header import HeaderError
from producer.gps.line_blocks import LINE_LIMIT
from producer.gps.parse_row import GpsFix, named_utime, parse_row
from producer.gps.reject_reasons import RowReason
from producer.runtime.exit_status import Exit

UTIME = 1_353_099_678_298_235
GOOD = b"1353099678298235,3,0,0.738168596822093,-1.46098603965911,264.4,11.3,0.005"
FIX = GpsFix(UTIME, 3, 0, 0.738168596822093, -1.46098603965911, 264.4, 11.3, 0.005)
COLUMNS = ("utime", "fix_mode", "satellites", "latitude", "longitude", "altitude", "track", "speed")


def row(**changed: str) -> bytes:
    fields = dict(zip(COLUMNS, GOOD.decode().split(","), strict=True)) | changed
    return ",".join(fields.values()).encode()


def read(log: bytes) -> tuple[list[GpsFix | RowReject], FixReader]:
    reader = read_fixes(io.BytesIO(log))
    return list(reader), reader


def reasons(log: bytes) -> list[tuple[int, RowReason]]:
    return [(reject.line_number, reject.reason) for reject in read(log)[0] if isinstance(reject, RowReject)]


def test_a_row_is_read_with_its_types() -> None:
    assert read(GOOD + b"\n")[0] == [FIX]


@pytest.mark.parametrize("nan", ["nan", "NaN", "-nan", "NAN", " nan "])
def test_nan_is_null(nan: str) -> None:
    fix = parse_row(row(latitude=nan, longitude=nan, altitude=nan, track=nan, speed=nan))
    assert fix == GpsFix(UTIME, 3, 0, None, None, None, None, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5e-324", 5e-324),
        ("1e-400", 0.0),
        ("0.1000000000000000055511151231257827", 0.1),
        ("+1.5", 1.5),
        ("007.50", 7.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1E3", 1000.0),
        ("-1.7976931348623157e308", -1.7976931348623157e308),
    ],
)
def test_numbers_are_read_to_the_nearest_double(text: str, value: float) -> None:
    assert parse_row(row(speed=text)).speed == value


def test_minus_zero_keeps_its_sign() -> None:
    speed = parse_row(row(speed="-0")).speed
    assert speed is not None
    assert math.copysign(1, speed) == -1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"speed": "0.005,"}, RowReason.COLUMNS),
        ({"speed": ""}, RowReason.NOT_A_NUMBER),
        ({"speed": "fast"}, RowReason.NOT_A_NUMBER),
        ({"speed": "inf"}, RowReason.NOT_A_NUMBER),
        ({"speed": "-Infinity"}, RowReason.NOT_A_NUMBER),
        ({"speed": "1_0"}, RowReason.NOT_A_NUMBER),
        ({"speed": "0x1p3"}, RowReason.NOT_A_NUMBER),
        ({"speed": "nan(1)"}, RowReason.NOT_A_NUMBER),
        ({"speed": "1 2"}, RowReason.NOT_A_NUMBER),
        ({"speed": '"1"'}, RowReason.NOT_A_NUMBER),
        ({"speed": "٣"}, RowReason.NOT_A_NUMBER),
        ({"speed": "1\x00"}, RowReason.NOT_A_NUMBER),
        ({"speed": "1e400"}, RowReason.TOO_LARGE),
        ({"altitude": "-1e999"}, RowReason.TOO_LARGE),
        ({"latitude": "1.5707963267948968"}, RowReason.ANGLE),
        ({"latitude": "42.29"}, RowReason.ANGLE),
        ({"longitude": "-83.7"}, RowReason.ANGLE),
        ({"longitude": "1e400"}, RowReason.ANGLE),
        ({"track": "360.1"}, RowReason.ANGLE),
        ({"fix_mode": "4"}, RowReason.FIX_MODE),
        ({"fix_mode": "-1"}, RowReason.FIX_MODE),
        ({"fix_mode": "3.5"}, RowReason.FRACTION),
        ({"fix_mode": "nan"}, RowReason.NOT_A_NUMBER),
        ({"fix_mode": "0x3"}, RowReason.NOT_A_NUMBER),
        ({"satellites": "-1"}, RowReason.SATELLITES),
        ({"satellites": "2147483648"}, RowReason.SATELLITES),
        ({"satellites": "1e1"}, RowReason.NOT_A_NUMBER),
        ({"utime": "1.37E+15"}, RowReason.UTIME_SPREADSHEET),
        ({"utime": "1,37E+15"}, RowReason.COLUMNS),
        ({"utime": "1.3530996782982e+15"}, RowReason.UTIME_SPREADSHEET),
        ({"utime": "1.3530996782982355e+15"}, RowReason.FRACTION),
        ({"utime": "1353099678298235.5"}, RowReason.FRACTION),
        ({"utime": "1.353099678298235e-15"}, RowReason.NOT_A_NUMBER),
        ({"utime": "1.353099678298235000e+18"}, RowReason.UTIME_NANOSECONDS),
        ({"utime": "1353099678.298235"}, RowReason.UTIME_SECONDS),
        ({"utime": "nan"}, RowReason.NOT_A_NUMBER),
        ({"utime": "1353099678"}, RowReason.UTIME_SECONDS),
        ({"utime": "1353099678298"}, RowReason.UTIME_MILLISECONDS),
        ({"utime": "1353099678298235000"}, RowReason.UTIME_NANOSECONDS),
        ({"utime": "0"}, RowReason.UTIME_RANGE),
        ({"utime": "-1353099678298235"}, RowReason.UTIME_RANGE),
        ({"utime": "9" * 4000}, RowReason.UTIME_RANGE),
        ({"utime": "946684799999999"}, RowReason.UTIME_RANGE),
        ({"utime": "4102444800000000"}, RowReason.UTIME_RANGE),
    ],
)
def test_a_row_is_refused_with_its_reason(changed: dict[str, str], reason: RowReason) -> None:
    bad = row(**changed)
    assert read(GOOD + b"\n" + bad + b"\n")[0][1:] == [RowReject(2, reason, bad, len(bad), named_utime(bad))]


@pytest.mark.parametrize(
    "changed",
    [
        {"latitude": "1.5707963267948966"},
        {"longitude": "-3.141592653589793"},
        {"track": "-360"},
        {"satellites": "2147483647"},
        {"fix_mode": "0"},
        {"utime": "946684800000000"},
        {"utime": "4102444799999999"},
        {"utime": "001353099678298235"},
        {"utime": "  1353099678298235\t"},
    ],
)
def test_the_limits_themselves_are_accepted(changed: dict[str, str]) -> None:
    assert isinstance(parse_row(row(**changed)), GpsFix)


def test_a_repeated_utime_is_refused_and_the_first_row_kept() -> None:
    again = row(speed="9")
    other = row(utime="1353099678298236")
    rows, _ = read(b"\n".join([GOOD, other, again]))
    assert rows == [FIX, FIX._replace(utime=UTIME + 1), RowReject(3, RowReason.DUPLICATE, again, len(again), UTIME)]


@pytest.mark.parametrize(
    ("log", "utime"),
    [
        (row(latitude="9.9"), UTIME),
        (row(utime="1353099678"), 1_353_099_678),
        (row(utime=f'"{UTIME}"'), UTIME),
        (row(utime=f" {UTIME}.000", latitude="9.9"), UTIME),
        (row(utime="+1.353099678298235000e+15", latitude="9.9"), UTIME),
        (f"{UTIME},too,few".encode(), UTIME),
        (GOOD + b",9", UTIME),
        (GOOD + b"\xff", UTIME),
        (GOOD + b"7" * LINE_LIMIT, UTIME),
        (row(utime="1.353E+15"), None),
        (row(utime=str(2**63)), None),
        (row(utime="7" * 5000), None),
        (row(utime="?"), None),
        (b",", None),
    ],
)
def test_a_refused_row_names_its_utime_where_its_digits_are_there(log: bytes, utime: int | None) -> None:
    (reject,) = read(log)[0]
    assert isinstance(reject, RowReject)
    assert reject.utime == utime


def test_a_rejected_row_does_not_make_the_next_one_a_duplicate() -> None:
    rows, _ = read(row(speed="?") + b"\n" + GOOD)
    assert rows[1] == FIX


@pytest.mark.parametrize("separator", [" ", "\t", ";", " ; ", "|"])
def test_fields_that_are_not_separated_by_commas_are_refused_with_that_reason(separator: str) -> None:
    assert reasons(GOOD.replace(b",", separator.encode())) == [(1, RowReason.SEPARATOR)]
    assert reasons(b"1353099678298235;3;0;0,73;-1,46;264,4;11,3;0,0") == [(1, RowReason.SEPARATOR)]


SAVETXT = (
    b"1.353099678298235000e+15,3.000000000000000000e+00,1.000000000000000000e+01,7.381685968220930041e-01,"
    b"-1.460986039659109961e+00,2.643999999999999773e+02,nan,5.000000000000000104e-03"
)


def test_what_savetxt_writes_is_accepted_for_every_digit_is_there() -> None:
    expected = GpsFix(UTIME, 3, 10, 0.738168596822093, -1.46098603965911, 264.4, None, 0.005)
    assert read(SAVETXT)[0] == [expected]
    assert reasons(SAVETXT.replace(b",", b" ")) == [(1, RowReason.SEPARATOR)]
    assert parse_row(row(utime="1353099678298235.0", fix_mode="3.0", satellites="0.")) == FIX


NAMES = [
    "utime,mode,sats,lat,lon,alt,track,speed",
    "# utime,fix_mode,num_sats,lat,lng,height,course,velocity",
    '"Timestamp (µs)","Fix Mode",nSat,"latitude [rad]","LONGITUDE_rad",alt_m,heading_deg,speed_m/s',
]


@pytest.mark.parametrize("header", NAMES)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_header_in_the_order_of_a_log_is_no_row(header: str, bom: bytes) -> None:
    rows, reader = read(bom + header.encode() + b"\r\n" + GOOD + b"\r\n")
    assert (rows, reader.checker.has_header, reader.checker.lines) == ([FIX], True, 2)


@pytest.mark.parametrize("before", [b"", b"\n\n", b"# GPS log\n# of a robot, in the town\n", b"\xef\xbb\xbf"])
def test_a_header_says_where_each_column_is(before: bytes) -> None:
    order = [4, 3, 7, 0, 5, 2, 1, 6]
    header = ",".join(COLUMNS[place] for place in order)
    row = b",".join(GOOD.split(b",")[place] for place in order)
    assert read(before + header.encode() + b"\n" + row)[0] == [FIX]


def test_a_comment_before_the_rows_is_no_row() -> None:
    rows, reader = read(b"# GPS log\n" + GOOD + b"\n# end\n")
    assert (rows[0], reader.checker.has_header) == (FIX, False)
    assert isinstance(rows[1], RowReject)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("utime,mode", r"line 1 names columns .*: utime, mode\n  missing: satellites, latitude \(rad\), .*speed"),
        ("utime,mode,sats,lat,lon,alt,track,v", "unknown: 'v'\n  missing: speed"),
        (",utime,mode,sats,lat,lon,alt,track,speed", "unknown: ''"),
        ("utime,mode,sats,lat,latitude,alt,track,speed", "latitude is named 2 times\n  missing: longitude"),
        ("utime,mode,sats,lat_deg,lon (°),alt,track,speed", "'lat_deg' is in degrees; it must be in rad\n  'lon"),
        ("utime,mode,sats,lat,lon,alt [ft],track (rad),km/h speed", r"'alt \[ft\]' is in ft; it must be in m\n"),
        ("time (s),mode,sats,lat,lon,alt,track,speed_kmh", "'time .s.' is in s; it must be in µs\n.* in km/h"),
        ("utime_ms,mode,sats,lat,lon,alt,track,speed_ms", "'utime_ms' is in ms; it must be in µs\nName each"),
        ("utime mode sats lat lon alt track speed", "no commas"),
        ("# utime;mode;sats;lat;lon;alt;track;speed", "no commas"),
        ("a,b,c,d,e,f,g,h", "neither a row nor .*'a,b,c,d,e,f,g,h'"),
        ("# a,b,c,d,e,f,g,h", "neither a row nor"),
        ("404 Not Found", "neither a row nor does it"),
        ("Not Found", "neither a row nor does it name the columns of a log: 'Not Found'"),
        ("utime,3,sats,lat,lon,alt,track,speed", "unknown: '3'"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_before_any_row(header: str, says: str) -> None:
    for encoding in ("utf-8", "latin-1"):
        with pytest.raises(HeaderError, match=says) as caught:
            read(header.encode(encoding) + b"\n" + GOOD)
        assert caught.value.status is Exit.USAGE


def test_columns_named_again_are_no_row_and_another_order_ends_the_reading() -> None:
    header = b"utime,mode,sats,lat,lon,alt,track,speed"
    assert reasons(GOOD + b"\n" + header) == [(2, RowReason.HEADER)]
    assert reasons(header + b"\n" + header + b"\n" + GOOD) == [(2, RowReason.HEADER)]
    with pytest.raises(HeaderError, match="line 2 names the columns anew, in another order"):
        read(GOOD + b"\n" + header.replace(b"lat,lon", b"lon,lat") + b"\n" + GOOD)


def test_a_first_row_with_one_bad_field_is_no_header() -> None:
    assert reasons(row(utime="when")) == [(1, RowReason.NOT_A_NUMBER)]


def test_blank_lines_are_counted_but_are_no_rows() -> None:
    rows, reader = read(b"\n" + GOOD + b"\r\n  \t\r\n\n")
    assert (rows, reader.checker.blank_lines, reader.checker.lines) == ([FIX], 3, 4)


def test_a_line_that_is_not_utf8_is_refused_and_kept_as_it_is() -> None:
    bad = GOOD[:-1] + b"\xff"
    assert read(bad)[0] == [RowReject(1, RowReason.NOT_UTF8, bad, len(bad), named_utime(bad))]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n" + GOOD])
@pytest.mark.parametrize("length", [LINE_LIMIT + 1, LINE_LIMIT + 2, 200_000])
def test_a_long_line_is_refused_with_its_length_and_the_next_one_read(length: int, end: bytes) -> None:
    rows, _ = read(b"7" * length + end)
    assert rows[0] == RowReject(1, RowReason.TOO_LONG, b"7" * LINE_LIMIT, length)
    assert rows[1:] == ([FIX] if end.endswith(GOOD) else [])


def test_the_longest_line_allowed_is_read() -> None:
    padded = GOOD.ljust(LINE_LIMIT)
    assert read(padded + b"\n" + padded + b"\r\n")[0][0] == FIX


def test_a_line_without_end_is_not_held_in_memory() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
            if self.given >= 1 << 30:
                return 0
            self.given += len(buffer)
            buffer[:] = bytes(len(buffer))
            return len(buffer)

    (reject,) = read_fixes(io.BufferedReader(Endless(), 1 << 20))
    assert isinstance(reject, RowReject)
    assert (reject.reason, len(reject.row), reject.length) == (RowReason.TOO_LONG, LINE_LIMIT, 1 << 30)


def test_every_reason_is_found_by_its_id_and_has_a_sentence() -> None:
    assert all(RowReason(reason.value) is reason and len(reason.sentence) > 10 for reason in RowReason)
