import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from producer.__main__ import main
from producer.command import add_load_arguments, run
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console

from ..test_command import NOWHERE
from .image_samples import session, write_files


def start(*arguments: str, env: dict[str, str] | None = None) -> tuple[Exit, str]:
    parser = argparse.ArgumentParser()
    add_load_arguments(parser.add_subparsers(required=True))
    out, errors = io.StringIO(), Console(file=io.StringIO())
    args = parser.parse_args(["images", *arguments])
    return run(args, env=env or {}, console=Console(file=out), errors=errors), out.getvalue()


def test_a_dry_run_needs_no_kafka_and_writes_nothing(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "data", session(6))
    before = sorted(tmp_path.rglob("*"))
    status, out = start(str(folder), "--dry-run", "--json", "--camera", "0", "--limit", "2")
    assert status is Exit.OK
    result = json.loads(out)
    assert (result["images"], result["left_out"]["limit"]["files"], result["left_out"]["camera"]["files"]) == (2, 1, 3)
    assert sorted(tmp_path.rglob("*")) == before


def test_missing_variables_and_sources_are_errors_before_kafka_is_contacted(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match="SLUICE_PRODUCER_PASSWORD"):
        start(str(tmp_path))
    with pytest.raises(SluiceError, match=r"there is no .*missing"):
        start(str(tmp_path / "missing"), env=NOWHERE)


def test_rejects_do_not_go_into_the_folder_that_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match="inside the folder that is the source") as caught:
        start(str(tmp_path), "--rejects", str(tmp_path / "sub/x.csv"), env=NOWHERE)
    assert caught.value.status is Exit.USAGE


@pytest.mark.slow
def test_an_unreachable_broker_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("producer.kafka.topic.CONNECT_SECONDS", 0.5)
    folder = write_files(tmp_path / "data", session(2))
    assert main(["images", str(folder)], env=NOWHERE) is Exit.UNAVAILABLE
    assert "topic images cannot be written to" in capsys.readouterr().err


def test_help_explains_keys_sources_and_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        start("--help")
    text = capsys.readouterr().out
    for words in ("<session>/<camera>/<utime>", "nclt:2012-11-16/lb3", "--max-bytes SIZE", "4 incomplete"):
        assert words in text


def test_neither_help_nor_a_log_waits_for_pillow() -> None:
    code = "import sys; import producer.__main__; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ})
    assert (done.stdout, done.stderr) == ("False\n", "")
