import gzip
import io
from pathlib import Path

import pytest

from producer.images.source_kind import detect_kind
from producer.runtime.exit_status import SluiceError

from .image_samples import make_tar, session, write_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", session())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "2012-11-16_lb3.tar.gz"
    path.write_bytes(make_tar(session(), mode="w:gz"))
    return path


def test_the_kind_of_a_source_is_detected(folder: Path, archive: Path, tmp_path: Path) -> None:
    def told(spec: Path | str) -> bool:
        with detect_kind(str(spec), env={}, stdin=io.BytesIO(b"1,2,3\n")) as found:
            return found.images

    write_files(tmp_path, [("gps.csv", b"1,2,3\n"), ("gps.csv.gz", gzip.compress(b"1,2,3\n"))])
    sensors = tmp_path / "2012-11-16_sen.tar.gz"
    sensors.write_bytes(make_tar([("2012-11-16/README", b"x"), ("2012-11-16/gps.csv", b"1,2\n")], mode="w:gz"))
    assert all(map(told, [folder, archive, "nclt:2012-11-16/lb3"]))
    others = [tmp_path / "gps.csv", tmp_path / "gps.csv.gz", sensors, f"{sensors}::a/gps.csv", "nclt:2012-11-16", "-"]
    assert not any(map(told, others))
    with pytest.raises(SluiceError, match="there is no"):
        told(tmp_path / "missing")
