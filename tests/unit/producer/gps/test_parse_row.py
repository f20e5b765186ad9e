import math

import pytest

from producer.gps.check_rows import RowReject
from producer.gps.log_lines import LINE_LIMIT
from producer.gps.parse_row import GpsFix, find_utime, parse_row
from producer.gps.reject_reasons import RowReason

from .row_samples import FIX, GOOD, UTIME, read, reasons, row


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
def test_a_row_is_rejected_with_its_reason(changed: dict[str, str], reason: RowReason) -> None:
    bad = row(**changed)
    assert read(GOOD + b"\n" + bad + b"\n")[0][1:] == [RowReject(2, reason, bad, len(bad), find_utime(bad))]


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
def test_the_utime_of_a_rejected_row_is_found_if_its_digits_are_complete(log: bytes, utime: int | None) -> None:
    (reject,) = read(log)[0]
    assert isinstance(reject, RowReject)
    assert reject.utime == utime


@pytest.mark.parametrize("separator", [" ", "\t", ";", " ; ", "|"])
def test_fields_that_are_not_separated_by_commas_are_rejected_with_that_reason(separator: str) -> None:
    assert reasons(GOOD.replace(b",", separator.encode())) == [(1, RowReason.SEPARATOR)]
    assert reasons(b"1353099678298235;3;0;0,73;-1,46;264,4;11,3;0,0") == [(1, RowReason.SEPARATOR)]


SAVETXT = (
    b"1.353099678298235000e+15,3.000000000000000000e+00,1.000000000000000000e+01,7.381685968220930041e-01,"
    b"-1.460986039659109961e+00,2.643999999999999773e+02,nan,5.000000000000000104e-03"
)


def test_rows_written_by_savetxt_are_accepted() -> None:
    expected = GpsFix(UTIME, 3, 10, 0.738168596822093, -1.46098603965911, 264.4, None, 0.005)
    assert read(SAVETXT)[0] == [expected]
    assert reasons(SAVETXT.replace(b",", b" ")) == [(1, RowReason.SEPARATOR)]
    assert parse_row(row(utime="1353099678298235.0", fix_mode="3.0", satellites="0.")) == FIX
