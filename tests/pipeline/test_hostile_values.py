"""Control characters in topics, Redis, file names and sources: every command prints them escaped."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer

from producer.runtime.exit_status import Exit
from sluice.cli import parser
from sluice.view.endpoints import Endpoints
from tests.cli_commands import command_lines
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import SLUICE, Sluice, wait_for

HOSTILE = "\x1b[31mred\x9b1m\r\u202e:car:[bold]\x07"
VISIBLE = r"\x1b[31mred\x9b1m\r\u202e:car:[bold]\x07"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
START = TimeRange.HOSTILE_VALUES.value
ROW = "%d,3,0,0.738168596822093,-1.46098603965911,nan,11.3,0.005\n"
COMMANDS = [words for words in command_lines(parser(), source="log.csv") if words not in (["up"], ["down"])]
"""Commands that only read from the pipeline, or load one row into it."""

Terminal = Callable[..., "tuple[int, str]"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of one valid row and one reject, in a folder and a file with difficult names."""
    folder = tmp_path / "run:100:car"
    folder.mkdir()
    path = folder / os.fsdecode(f"{HOSTILE}".encode() + b"\xff.csv")
    path.write_text(ROW % START + f"{START + 1},{HOSTILE}\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module", autouse=True)
def messages(endpoints: Endpoints, sluice: Sluice) -> None:
    """Send records with a hostile key, value and header to both topics, and wait for dead letter and Redis key."""
    producer = Producer(endpoints.producer.client_settings())
    header: list[tuple[str, str | bytes | None]] = [(HOSTILE, HOSTILE.encode())]
    producer.produce("gps-fixes", key=HOSTILE.encode(), value=HOSTILE.encode(), headers=header)
    producer.produce("images", key=HOSTILE.encode(), value=HOSTILE.encode(), headers=header)
    assert producer.flush(30) == 0

    def arrived() -> bool:
        found = json.loads(sluice("dlq", "--json", "--limit", "1000000").stdout)["letters"]
        return any(
            isinstance(letter["key"], dict) and letter["key"]["bytes"] == len(HOSTILE.encode()) for letter in found
        )

    wait_for(arrived)
    wait_for(lambda: "there is no key" not in sluice("get", HOSTILE, "-o", "-").stderr)


@pytest.fixture
def on_a_terminal(environment: dict[str, str], target: str) -> Terminal:
    """Function that runs a command on a pseudo-terminal and returns its exit status and all that it wrote."""

    def run(*arguments: str, cwd: Path) -> tuple[int, str]:
        reader, writer = os.openpty()
        env = {**environment, "TERM": "dumb", "COLUMNS": "100", "NO_COLOR": "1"}
        with subprocess.Popen(
            [SLUICE, "--target", target, *arguments], env=env, cwd=cwd, stdin=writer, stdout=writer, stderr=writer
        ) as process:
            os.close(writer)
            sent = b""
            while True:
                try:
                    piece = os.read(reader, 1 << 16)
                except OSError:  # the terminal's other side is closed
                    break
                if not piece:
                    break
                sent += piece
            os.close(reader)
            return process.wait(60), sent.decode("utf-8", "surrogateescape").replace("\r\n", "\n")

    return run


def test_a_terminal_gets_no_control_characters(on_a_terminal: Terminal, log: Path):
    for words in (["messages", "gps-fixes", "-n", "50"], ["dlq"], ["dlq", "--reason", "converter"], ["get", HOSTILE]):
        _, sent = on_a_terminal(*words, cwd=log.parent)
        assert not RAW.search(sent), (words, repr(sent))
    status, sent = on_a_terminal("messages", "images", "--key", HOSTILE, cwd=log.parent)
    assert status == Exit.OK
    assert r"\x1b[31mred" in sent
    assert ":car:[bold]" in sent.replace("\n", "").replace(" ", "")


def test_a_pipe_gets_json_with_escapes(sluice: Sluice):
    done = sluice("messages", "images", "--key", HOSTILE)
    assert not RAW.search(done.stdout)
    (*_, message) = map(json.loads, done.stdout.splitlines())
    assert HOSTILE in message["headers"]


def test_a_log_of_that_name_is_loaded_and_proven(sluice: Sluice, log: Path):
    shown = f"{log.parent}/{VISIBLE}\\xff.csv"
    loaded = sluice("load", "gps", str(log), cwd=log.parent)
    assert loaded.returncode == Exit.REJECTED, loaded.stderr
    assert f"{shown}: 1 of 2 rows loaded" in loaded.stdout
    as_json = sluice("load", "gps", str(log), "--json", "--rejects", f"{log}.rejects", cwd=log.parent)
    assert json.loads(as_json.stdout)["source"] == str(log)
    assert not RAW.search(loaded.stdout + loaded.stderr + as_json.stdout + as_json.stderr)
    page = log.parent / "proof.html"
    proven = sluice("proof", str(log), "-o", str(page))
    assert proven.returncode == Exit.OK, proven.stdout + proven.stderr
    text = page.read_text(encoding="utf-8")
    assert not RAW.search(text)
    assert ":car:[bold]" in text
    assert sluice("load", "gps", str(log), "--tombstones", cwd=log.parent).returncode == Exit.REJECTED


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_output_that_cannot_be_written_fails(
    words: list[str], environment: dict[str, str], target: str, tmp_path: Path
):
    (tmp_path / "log.csv").write_text(ROW % (START + 5))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [SLUICE, "--target", target, *words],
            env={**environment, "TMPDIR": "/nowhere/at/all", "HOME": "/nowhere/at/all"},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "unexpected error" not in done.stderr
    assert not RAW.search(done.stderr)
    assert done.returncode in set(Exit) - {Exit.OK}
