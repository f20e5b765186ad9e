from argparse import ArgumentParser
from io import StringIO
from pathlib import Path

import certifi
import pytest
from rich.console import Console

from exits import Exit, SluiceError
from place import VARIABLES, Place
from proof.command import add_arguments, run

NOWHERE = Place.from_env(
    dict.fromkeys(VARIABLES, "1")
    | {"SLUICE_MYSQL_HOST": "127.0.0.1", "SLUICE_CONNECT_URL": "http://127.0.0.1:1", "SLUICE_CA_FILE": certifi.where()}
)


def prove(*arguments: str) -> Exit:
    parser = ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(arguments), env={}, console=Console(file=StringIO()), place=NOWHERE)


@pytest.mark.parametrize("arguments", [["--wait", "soon"], ["--wait", "-1"], ["--wait", "nan"], ["--limit", "-3"]])
def test_what_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        prove("gps.csv", *arguments)
    assert "is not a number of" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nowhere" / "proof.html"):
        with pytest.raises(SluiceError, match="choose another with -o") as caught:
            prove("gps.csv", "-o", str(path))
        assert caught.value.status is Exit.USAGE


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path):
    with pytest.raises(SluiceError, match=r"MySQL at 127\.0\.0\.1:1 .* `sluice status` tells") as caught:
        prove("gps.csv", "-o", str(tmp_path / "proof.html"))
    assert caught.value.status is Exit.UNAVAILABLE
