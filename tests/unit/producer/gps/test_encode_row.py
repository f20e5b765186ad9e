import struct

from producer.gps import encode_row
from producer.gps.parse_row import GpsFix

from .both_paths import HEADER
from .log_strategies import START


def test_the_value_is_the_wire_format_before_fastavros_bytes() -> None:
    fix = GpsFix(START, 3, 0, 0.5, None, None, None, None)
    magic, schema_id = struct.unpack_from(">bI", encode_row.encode_value(fix, header=HEADER))
    assert (magic, schema_id) == (0, 100_003)
