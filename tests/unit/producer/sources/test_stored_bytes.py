import io
import os
import sys
import threading
from pathlib import Path

import pytest

from producer.runtime.exit_status import SluiceError
from producer.sources.source_errors import SourceCutError
from producer.sources.stored_bytes import StoredBytes
from tests.unit.producer.log_samples import LOG, read_log, send


def test_waiting_for_a_pipe_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    class Errors(io.StringIO):
        def write(self, text: str) -> int:
            threading.Thread(target=send, args=(fifo, LOG), daemon=True).start()
            return super().write(text)

    errors = Errors()
    monkeypatch.setattr("producer.sources.stored_bytes._ANNOUNCE_SECONDS", 0.01)
    monkeypatch.setattr(sys, "stderr", errors)
    assert read_log(str(fifo)) == LOG
    assert errors.getvalue().startswith(f"waiting for someone to write into {fifo} (Ctrl-C ends it)\n")


def test_the_announcement_of_a_wait_is_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("producer.sources.stored_bytes._ANNOUNCE_SECONDS", 0)
    announced = threading.Event()
    monkeypatch.setattr("sys.stderr.flush", announced.set)

    def read(_: int) -> bytes:
        assert announced.wait(10)
        return b""

    with StoredBytes(read, size=None, close=lambda: None, waits_for="the first byte of \x1b[31mpipe") as raw:
        raw.read()
    assert capsys.readouterr().err == "waiting for the first byte of \\x1b[31mpipe (Ctrl-C ends it)\n"


def test_a_missing_url_is_an_error(log_server: str) -> None:
    with pytest.raises(SluiceError, match="there is no nclt:2013-01-01"):
        read_log("nclt:2013-01-01", env={"SLUICE_NCLT_URL": log_server})
    with pytest.raises(SluiceError, match="cannot be opened: 403"):
        read_log(f"{log_server}/forbidden.csv")
    with pytest.raises(SluiceError, match="cannot be opened: Cannot connect"):
        read_log("http://127.0.0.1:1/gps.csv")


def test_a_dropped_connection_is_noticed(log_server: str) -> None:
    with pytest.raises(SourceCutError, match="could not be read to its end"):
        read_log(f"{log_server}/cut.csv")
