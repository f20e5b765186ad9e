import gzip
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from tests.unit.producer.log_samples import LOG, SESSION, archive, read_log


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no GPS log: it is empty"),
        (gzip.compress(b""), "is no GPS log: it is empty"),
        (
            b"  <!DOCTYPE html>\n<h1>Not Found</h1>",
            "it seems to be a page of HTML or XML: it begins with '<!DOCTYPE html>",
        ),
        (b'<?xml version="1.0"?><Error/>', "a page of HTML or XML"),
        (b'\xef\xbb\xbf{"error": "not found"}', 'JSON: it begins with \'{"error"'),
        (b"PK\x03\x04" + bytes(40), r"is a ZIP file .*, which is not read; unpack it first \(unzip\)"),
        (b"\x28\xb5\x2f\xfd" + bytes(40), r"is compressed with zstd .* zstd -d"),
        (gzip.compress(b"7z\xbc\xaf\x27\x1c" + bytes(40)), "is a 7-Zip archive"),
        (LOG[:2_000].decode().encode("utf-16"), "is text in UTF-16, which is not read; save it as UTF-8"),
        (LOG[:2_000].decode().encode("utf-16-be"), "seems to be text in UTF-16"),
        (LOG[:2_000].decode().encode("utf-32"), "is text in UTF-32"),
        (bytes(range(256)) * 4, "is no text but binary data"),
        (bytes(10_240), "is an empty tar archive"),
        (archive({"inner/gps.csv": SESSION}), "has an archive in the archive"),
        (archive({"gps.csv": b""}), "it is empty"),
    ],
)
def test_a_file_that_is_no_log_is_an_error_that_names_its_format(data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "gps.csv"  # what it is called does not matter
    path.write_bytes(data)
    for spec, stdin in ((str(path), b""), ("-", data)):
        with pytest.raises(SluiceError, match=says) as caught:
            read_log(spec, stdin=stdin)
        assert caught.value.status is Exit.FAILED


@pytest.mark.parametrize("data", [b"\n", b"7", b"\xef\xbb\xbf", b"1,2\n", b"# made by a robot\n"])
def test_a_very_short_file_is_taken_for_text(data: bytes) -> None:
    assert read_log("-", stdin=data) == data
