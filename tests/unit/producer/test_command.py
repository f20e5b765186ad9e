import argparse
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from producer.__main__ import main
from producer.command import add_load_arguments, run
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console

ROW = "1353099678298235,3,0,0.7,-1.4,264.4,11.3,0.005\n"
NOWHERE = {
    "SLUICE_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "SLUICE_CA_FILE": "/etc/ssl/certs/ca-certificates.crt",
    "SLUICE_REGISTRY_URL": "http://127.0.0.1:1",
    "SLUICE_PRODUCER_PASSWORD": "secret",
}


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_load_arguments(parser.add_subparsers(required=True))
    return parser.parse_args(["gps", *arguments])


def start(*arguments: str, env: dict[str, str] | None = None) -> Exit:
    console = Console(file=io.StringIO())
    return run(parse(*arguments), env=NOWHERE if env is None else env, console=console, errors=console)


def test_the_options_have_defaults() -> None:
    args = parse("gps.csv")
    assert (args.source, args.rejects, args.max_rejects, args.tombstones, args.wait, args.json) == (
        "gps.csv", None, None, False, 120, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [["--max-rejects", "-1"], ["--max-rejects", "²"], ["--wait", "0"], ["--wait", "nan"], []]
)
def test_invalid_options_are_usage_errors(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(*wrong, *["gps.csv"] * bool(wrong))
    assert caught.value.code == Exit.USAGE


def test_the_help_names_sources_and_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--help")
    text = capsys.readouterr().out
    assert "nclt:2012-11-16" in text
    assert "3 rejected, 4 incomplete" in text


def test_missing_variables_and_sources_are_errors_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match="SLUICE_PRODUCER_PASSWORD"):
        start("gps.csv", env={})
    with pytest.raises(SluiceError, match=r"there is no .*gps.csv"):
        start(str(tmp_path / "gps.csv"))


def test_a_load_that_cannot_begin_leaves_the_rejects_of_an_earlier_one(tmp_path: Path) -> None:
    log, rejects = tmp_path / "gps.csv", tmp_path / "r.csv"
    log.write_text(ROW)
    rejects.write_text("line,reason,row\n1,columns,x\n")
    with pytest.raises(SluiceError, match=r"registry at http://127.0.0.1:1/apis/ccompat/v7 does not answer"):
        start(str(log), "--rejects", str(rejects))
    assert rejects.read_text().endswith("1,columns,x\n")


def test_the_program_ends_with_the_status_of_the_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "gps.csv"
    log.write_text(ROW)
    assert main(["gps", str(log)], env=NOWHERE) is Exit.UNAVAILABLE
    said = capsys.readouterr()
    assert (said.out, "does not answer" in said.err, "secret" in said.err) == ("", True, False)


def test_help_imports_no_heavy_module() -> None:
    heavy = "aiohttp, gcsfs, fsspec, confluent_kafka.schema_registry"
    code = f"import sys; import producer.__main__; print(*{{*{heavy.split(', ')!r}}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ})
    assert (done.stdout, done.stderr) == ("\n", "")
