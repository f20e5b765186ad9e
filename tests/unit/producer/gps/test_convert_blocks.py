import pytest

from producer.gps.convert_blocks import Converter
from producer.gps.log_lines import Block

from .both_paths import AVRO, PARTITIONS, blocks_of, fast_path, plain_path, some_rows
from .log_strategies import PLAIN, START, with_field


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_few_bad_rows_in_a_large_block_do_not_change_the_rest(ending: bytes) -> None:
    rows = some_rows(5_000)
    rows[0:0] = [b"utime,mode,sats,lat,lon,alt,track,speed"]
    for place, bad in ((700, b"1.37E+15,3,0,1,1,1,1,1"), (2_000, b"x" * 60_000), (2_001, b""), (4_999, rows[50])):
        rows[place] = bad
    log = ending.join(rows)
    assert fast_path(blocks_of(log)) == plain_path(log)
    assert fast_path(blocks_of(log, 10_000)) == plain_path(log)


def test_a_log_in_falling_order_is_loaded_whole() -> None:
    log = b"\n".join(reversed(some_rows(3_000)))
    pairs, rejects, lines_read, problem = fast_path(blocks_of(log))
    assert (len(pairs), rejects, lines_read, problem) == (3_000, [], 3_000, "")
    assert pairs == plain_path(log)[0]


def test_one_endless_line_among_many_short_ones_is_found() -> None:
    log = b"\n".join([*some_rows(400), b"z" * 300_000, *some_rows(800)[400:]])
    assert fast_path(blocks_of(log)) == plain_path(log)


def test_no_more_rows_are_converted_than_rejects_allow() -> None:
    rows = some_rows(1_000)
    for place in (100, 200, 300):
        rows[place] = b"?"
    converter = Converter(AVRO, partitions=PARTITIONS, max_rejects=2)
    batch = converter.convert(Block(b"\n".join(rows) + b"\n"))
    assert (converter.stopped, len(batch.rejects), batch.lines) == (True, 3, 301)
    assert sum(part.record_count() for part in batch.records) == 298


def test_a_bare_cr_ends_no_line_even_where_a_blank_line_makes_the_count_right() -> None:
    rows = [",".join(with_field(*PLAIN, place=0, text=str(START + n))).encode() for n in range(4)]
    log = b"%b\n%b\r%b\n\n%b\n" % tuple(rows)
    assert fast_path(blocks_of(log)) == plain_path(log)
