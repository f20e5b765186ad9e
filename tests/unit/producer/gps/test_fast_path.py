"""Property: on any input the fast path makes the same records and rejects as the plain path."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.gps import encode_row
from producer.gps.parse_columns import parse_columns
from producer.gps.parse_row import parse_row
from producer.gps.partition import partition_of_key
from producer.gps.row_formats import FORMATS, make_encoder

from .both_paths import HEADER, PARTITIONS, SCHEMA_ID, blocks_of, fast_path, plain_path
from .log_strategies import (
    EDGES,
    PLAIN,
    SPELLINGS,
    START,
    UTIMES,
    edge_rows,
    logs,
    logs_with_headers,
    orders,
    plain_rows,
    with_field,
)


@settings(max_examples=300, deadline=None)
@given(log=logs, size=st.integers(1, 400) | st.just(1 << 19), tombstones=st.booleans(), name=st.sampled_from(FORMATS))
def test_both_paths_agree_on_any_log(log: bytes, size: int, tombstones: bool, name: str) -> None:
    encoder = make_encoder(name, schema_id=SCHEMA_ID)
    fast = fast_path(blocks_of(log, size), tombstones=tombstones, encoder=encoder)
    assert fast == plain_path(log, tombstones=tombstones, encoder=encoder)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(log=logs_with_headers(), size=st.integers(1, 400) | st.just(1 << 19))
def test_both_paths_agree_on_any_log_that_names_its_columns(log: bytes, size: int) -> None:
    assert fast_path(blocks_of(log, size)) == plain_path(log)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(plain_rows, min_size=1, max_size=9, unique_by=lambda fields: fields[0]), order=orders)
def test_columns_in_any_order_make_the_same_records(rows: list[tuple[str, ...]], order: list[int]) -> None:
    names = [SPELLINGS[column][0] for column in order]
    log = "\n".join(",".join(line) for line in [names, *([fields[column] for column in order] for fields in rows)])
    expected = [
        (encode_row.encode_key(fix), encode_row.encode_value(fix, header=HEADER))
        for fix in map(parse_row, (",".join(r).encode() for r in rows))
    ]
    assert fast_path(blocks_of(log.encode()))[::3] == (expected, "") == plain_path(log.encode())[::3]
    places = tuple(order.index(column) for column in range(8))
    block = b"".join(",".join(fields[column] for column in order).encode() + b"\n" for fields in rows)
    assert parse_columns(block, lines=len(rows), order=places) is not None  # by the fast reading


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(plain_rows | edge_rows, min_size=1, max_size=6), name=st.sampled_from(FORMATS))
def test_a_block_that_parse_columns_accepts_is_parsed_the_same_by_the_plain_path(
    rows: list[tuple[str, ...]], name: str
) -> None:
    texts = [",".join(fields).encode() for fields in rows]
    columns = parse_columns(b"".join(text + b"\n" for text in texts), lines=len(texts))
    if columns is not None:
        fixes = [parse_row(text) for text in texts]
        encoder = make_encoder(name, schema_id=SCHEMA_ID)
        records = encoder.encode_columns(columns, partitions=PARTITIONS)
        keys = [encode_row.encode_key(fix) for fix in fixes]
        assert records.pairs() == [(key, encoder.encode_value(fix)) for key, fix in zip(keys, fixes, strict=True)]
        assert records.partition.tolist() == [partition_of_key(key, PARTITIONS) for key in keys]


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(plain_rows, min_size=1, max_size=20, unique_by=lambda fields: fields[0]))
def test_plain_rows_take_the_fast_path(rows: list[tuple[str, ...]]) -> None:
    block = b"".join(",".join(fields).encode() + b"\n" for fields in rows)
    assert parse_columns(block, lines=len(rows)) is not None


@pytest.mark.parametrize("place", range(8))
def test_both_paths_agree_on_every_edge_in_every_column(place: int) -> None:
    for text in [*EDGES, *UTIMES, "0" * 5_000 + "1", "0." + "0" * 5_000 + "1"]:
        odd = ",".join(with_field(*PLAIN, place=place, text=text))
        before, after = (",".join(with_field(*PLAIN, place=0, text=str(START + shift))) for shift in (0, 9))
        for log in (f"{before}\n{odd}\n{after}\n", f"{before}\n{odd}\r\n"):
            assert fast_path(blocks_of(log.encode())) == plain_path(log.encode()), text


@pytest.mark.parametrize("odd", [b"\xef\xbb\xbf", b"\r", b"\n", b" ", b",", b"\x00", b"\xff", b'"', b"\x1a"])
@pytest.mark.parametrize("where", ["%(odd)b%(row)b", "%(row)b%(odd)b", "%(row)b\n%(odd)b", "%(odd)b\n%(row)b"])
def test_both_paths_agree_on_odd_bytes_between_rows(odd: bytes, where: str) -> None:
    first, row, last = (",".join(with_field(*PLAIN, place=0, text=str(START + n))).encode() for n in range(3))
    log = b"%b\n%b\n%b\n" % (first, where.encode() % {b"row": row, b"odd": odd}, last)
    for size in (1 << 19, len(first) + 1):
        assert fast_path(blocks_of(log, size)) == plain_path(log)
