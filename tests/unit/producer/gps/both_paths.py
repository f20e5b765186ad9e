"""Both paths of a log as functions with one result, so that tests can compare them."""

import io
from collections.abc import Iterable

from producer.gps import encode_row
from producer.gps.check_rows import RowReject, read_fixes
from producer.gps.convert_blocks import Converter
from producer.gps.header import HeaderError
from producer.gps.log_lines import Block, read_blocks
from producer.gps.parse_row import GpsFix
from producer.gps.row_formats import RowEncoder, make_encoder

from .log_strategies import START

SCHEMA_ID = 100_003
HEADER = encode_row.encode_header(SCHEMA_ID)
AVRO = make_encoder("avro", schema_id=SCHEMA_ID)
PARTITIONS = 4
Pair = tuple[bytes, bytes | None]
Read = tuple[list[Pair], list[RowReject], int, str]
"""Records as pairs, rejects, lines read, and what is wrong with a header."""


def plain_path(log: bytes, *, tombstones: bool = False, encoder: RowEncoder = AVRO) -> Read:
    """Check and encode a log row by row."""
    pairs: list[Pair] = []
    rejects: list[RowReject] = []
    reader = read_fixes(io.BytesIO(log))
    problem = ""
    try:
        for row in reader:
            if isinstance(row, GpsFix):
                pairs.append((encode_row.encode_key(row), None if tombstones else encoder.encode_value(row)))
            else:
                rejects.append(row)
    except HeaderError as error:
        problem = str(error)
    return pairs, rejects, reader.checker.lines, problem


def fast_path(blocks: Iterable[Block], *, tombstones: bool = False, encoder: RowEncoder = AVRO) -> Read:
    """Convert blocks as a load does: by the fast path, and row by row where it does not accept them."""
    converter = Converter(encoder, partitions=PARTITIONS, tombstones=tombstones)
    batches = [converter.convert(block) for block in blocks]
    pairs = [pair for batch in batches for part in batch.records for pair in part.pairs()]
    rejects = [reject for batch in batches for reject in batch.rejects]
    return pairs, rejects, converter.checker.lines, str(converter.problem or "")


def blocks_of(log: bytes, size: int = 1 << 19) -> Iterable[Block]:
    return read_blocks(io.BufferedReader(io.BytesIO(log)), size=size)  # pyright: ignore[reportArgumentType]


def some_rows(count: int) -> list[bytes]:
    """Good rows in rising order, without line ends."""
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
