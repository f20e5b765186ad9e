import pytest

from producer.gps.check_rows import RowReject
from producer.gps.header import HeaderError
from producer.gps.reject_reasons import RowReason
from producer.runtime.exit_status import Exit

from .row_samples import COLUMNS, FIX, GOOD, read, reasons, row

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
def test_a_header_gives_the_order_of_the_columns(before: bytes) -> None:
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
def test_a_header_that_does_not_fit_is_an_error_before_any_row(header: str, says: str) -> None:
    for encoding in ("utf-8", "latin-1"):
        with pytest.raises(HeaderError, match=says) as caught:
            read(header.encode(encoding) + b"\n" + GOOD)
        assert caught.value.status is Exit.USAGE


def test_a_repeated_header_is_rejected_and_one_in_another_order_is_an_error() -> None:
    header = b"utime,mode,sats,lat,lon,alt,track,speed"
    assert reasons(GOOD + b"\n" + header) == [(2, RowReason.HEADER)]
    assert reasons(header + b"\n" + header + b"\n" + GOOD) == [(2, RowReason.HEADER)]
    with pytest.raises(HeaderError, match="line 2 names the columns again, in another order"):
        read(GOOD + b"\n" + header.replace(b"lat,lon", b"lon,lat") + b"\n" + GOOD)


def test_a_first_row_with_one_bad_field_is_no_header() -> None:
    assert reasons(row(utime="when")) == [(1, RowReason.NOT_A_NUMBER)]
