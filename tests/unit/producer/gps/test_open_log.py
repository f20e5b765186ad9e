import gzip
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from producer.gps.open_log import open_log
from producer.images.source_kind import detect_kind
from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.source_errors import SourceCutError
from tests.unit.producer.log_samples import FILES, LOG, OTHER, SESSION, archive, read_log, send

COMPRESSED = ["gps.csv.bz2", "gps.csv.xz", "log.tar.bz2", "log.tar.xz"]

STORED_AS = ["gps.csv", "gps.csv.gz", "sensor_data/2012-11-16_sen.tar.gz", *COMPRESSED]


@pytest.mark.parametrize("name", STORED_AS)
def test_a_log_is_decompressed_from_disk_and_from_the_web(name: str, log_folder: Path, log_server: str) -> None:
    assert read_log(str(log_folder / name)) == LOG
    assert read_log(f"{log_server}/{name}") == LOG


def test_a_log_is_read_from_a_bucket(log_server: str) -> None:
    env = {"STORAGE_EMULATOR_HOST": log_server}
    assert read_log("gs://bucket/gps.csv", env=env) == LOG
    assert read_log("gs://bucket/gps.csv.gz", env=env) == LOG
    with pytest.raises(SluiceError, match=r"there is no gs://bucket/missing.csv"):
        read_log("gs://bucket/missing.csv", env=env)


def test_a_dash_reads_standard_input_compressed_or_not() -> None:
    assert read_log("-", stdin=LOG) == LOG
    assert read_log("-", stdin=gzip.compress(LOG)) == LOG
    assert read_log("-::2012-11-16/gps_rtk.csv", stdin=SESSION) == OTHER


@pytest.fixture
def pipe() -> Iterator[Callable[[bytes], str]]:
    """Function that starts a pipe with the given bytes and returns its path, as the shell does for `<(…)`."""
    descriptors: list[int] = []

    def start(data: bytes) -> str:
        reading, writing = os.pipe()
        descriptors.append(reading)
        threading.Thread(target=send, args=(writing, data), daemon=True).start()
        return f"/dev/fd/{reading}"

    yield start
    for number in descriptors:
        os.close(number)


@pytest.mark.parametrize("name", STORED_AS)
def test_pipes_and_sockets_are_read_whole(name: str, pipe: Callable[[bytes], str], tmp_path: Path) -> None:
    data = FILES[f"/{name}"]
    assert read_log(pipe(data)) == LOG
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    threading.Thread(target=send, args=(fifo, data), daemon=True).start()
    assert read_log(str(fifo)) == LOG
    ours, theirs = socket.socketpair()
    threading.Thread(target=send, args=(theirs.detach(), data), daemon=True).start()
    with ours:
        assert read_log(f"/dev/fd/{ours.fileno()}") == LOG
    assert read_log("-", stdin=data) == LOG


@pytest.mark.parametrize("spec", ["fifo", "-"])
def test_a_source_whose_kind_was_detected_is_read_from_its_beginning(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    images = archive({"2012-11-16/lb3/Cam0/1.tiff": b"x", "2012-11-16/gps.csv": LOG})
    for data, holds_images in ((LOG, False), (SESSION, False), (images, True)):
        threading.Thread(target=send, args=(Path("fifo"), data), daemon=True).start()
        # Closed each time: the next writer would find this reader, and be gone before the next one opens.
        with (
            open("fifo", "rb") if spec == "-" else nullcontext() as stdin,
            detect_kind(spec, env={}, stdin=stdin) as kind,
            open_log(spec, env={}, raw=kind.raw) as source,
        ):
            assert kind.images is holds_images
            assert source.stream.read() == LOG


def test_a_session_of_the_data_set_is_found(log_server: str) -> None:
    env = {"SLUICE_NCLT_URL": log_server + "/"}
    assert read_log("nclt:2012-11-16", env=env) == LOG
    assert read_log("nclt:2012-11-16/gps_rtk.csv", env=env) == OTHER


@pytest.mark.parametrize("name", ["gps.csv", "gps.csv.gz"])
def test_position_ends_at_the_size(name: str, log_folder: Path, log_server: str) -> None:
    for spec in (str(log_folder / name), f"{log_server}/{name}"):
        with open_log(spec, env={}) as source:
            source.stream.read()
            assert source.position() == source.size == len(FILES[f"/{name}"])


def test_a_member_is_measured_by_its_own_size(log_folder: Path) -> None:
    with open_log(str(log_folder / "sensor_data/2012-11-16_sen.tar.gz"), env={}) as source:
        source.stream.read()
        assert source.position() == source.size == len(LOG)


def test_a_cut_gzip_file_gives_what_it_has_and_then_the_error(tmp_path: Path) -> None:
    packed = gzip.compress(LOG)
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    with open_log(str(path), env={}) as source:
        errors: list[SourceCutError] = []
        pieces = iter(lambda: source.stream.read1(1 << 20), b"")
        begun = b"".join(until_error(pieces, errors))
    (error,) = errors
    assert f"({len(packed) // 2:,} bytes were read)" in str(error)
    assert error.status is Exit.INCOMPLETE
    assert len(begun) > len(LOG) // 4
    assert LOG.startswith(begun)


def until_error(pieces: Iterator[bytes], errors: list[SourceCutError]) -> Iterator[bytes]:
    try:
        yield from pieces
    except SourceCutError as error:
        errors.append(error)
