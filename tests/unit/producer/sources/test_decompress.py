import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from producer.runtime.exit_status import SluiceError
from producer.sources.source_errors import SourceCutError
from tests.unit.producer.log_samples import LOG, OTHER, read_log


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_several_compressed_streams_in_one_file_are_read_whole(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "two-parts"
    path.write_bytes(compress(LOG) + bytes(512) + compress(OTHER) + bytes(4))
    assert read_log(str(path)) == LOG + OTHER
    path.write_bytes(compress(LOG) + b"and more")
    with pytest.raises(SourceCutError):
        read_log(str(path))
    path.write_bytes(compress(compress(LOG)))
    assert read_log(str(path)) == LOG
    path.write_bytes(compress(compress(compress(LOG))))
    with pytest.raises(SluiceError, match="compressed 3 times over"):
        read_log(str(path))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_cut_anywhere_is_an_error(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path, packed = tmp_path / "cut", compress(LOG)
    for size in (len(packed) - 1, len(packed) - 5, len(packed) // 2, 20, 7):
        path.write_bytes(packed[:size])
        with pytest.raises(SourceCutError, match="could not be read to its end") as caught:
            read_log(str(path))
        assert caught.value.is_cut


@pytest.mark.parametrize("damage", [slice(0, 5), slice(0, -4), slice(0, -1)])
def test_a_gzip_file_cut_anywhere_is_noticed(damage: slice, tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(LOG)[damage])
    with pytest.raises(SourceCutError):
        read_log(str(path))


def test_a_flipped_bit_in_a_gzip_file_is_noticed(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LOG))
    packed[len(packed) // 2] ^= 1
    path = tmp_path / "damaged.csv.gz"
    path.write_bytes(packed)
    with pytest.raises(SourceCutError):
        read_log(str(path))
