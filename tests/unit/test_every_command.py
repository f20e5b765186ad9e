"""Every command, and every other program here, in the places where programs come to grief.

Whatever is closed, full, damaged or oddly named: a sentence and an exit status with a name, never a traceback, and
nothing that a terminal would obey.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import Exit
from sluice.cli import parser
from sluice.local.instance import Instance
from tests.cli_commands import command_lines

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "\x1b[31mred\x1b[0m\r\u202e:car:[bold]\x9b1m"
NOT_UTF8 = os.fsdecode(b"no-\xff-utf8.csv")
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
COMMANDS = command_lines(parser(), source="log.csv")
PROGRAMS = {
    "producer": [["gps", "log.csv"], ["images", "log.csv"]],
    "producer.sample": [["sample.csv", "--rows", "5"]],
    "producer.sample_images": [["images.tar", "--count", "1"]],
    "sluice.cluster": [["--context", "none"]],
    "infra.cost": [["--stack", "none"]],
    "infra.leftovers": [["--stack", "none"]],
    "infra.leftovers.forget_cluster": [["--stack", "none"]],
    "infra.gcp.guard_commands.extend": [["4", "--guard", "none"]],
    "infra.gcp.guard_commands.wake": [["4", "--guard", "none"]],
}
LINES = [("sluice.cli", words) for words in COMMANDS] + [
    (module, words) for module, all_ in PROGRAMS.items() for words in all_
]
IDS = [" ".join([module, *words]) for module, words in LINES]
every_line = pytest.mark.parametrize(("module", "words"), LINES, ids=IDS)
every_command = pytest.mark.parametrize("words", COMMANDS, ids=[" ".join(words) for words in COMMANDS])


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    def check(self, *, heard: bool = True) -> None:
        """What holds of every end; `heard` unless standard error leads nowhere."""
        said = self.out + self.err
        assert "Traceback" not in said, said
        assert "Exception ignored" not in said, said
        assert "unexpected error" not in said, said
        assert not RAW.search(said), repr(said)
        assert self.status in set(Exit), (self.status, said)
        if self.status and heard:
            assert self.err, "nothing said why"


class Runner:
    """Runs programs by runner.py."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "SLUICE_STATE": str(folder / "none"),
            "SLUICE_CACHE": "/dev/null/cache",  # so that nothing is fetched or started
            "PYTHONPATH": str(ROOT),
        }
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("runner.py")],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def __call__(
        self,
        module: str,
        words: list[str],
        *,
        env: dict[str, str | None] | None = None,
        stdin: str | None = os.devnull,
        stdout: str | None = "",
        stderr: str | None = "",
        **options: Any,
    ) -> Done:
        """Run a module; a stream that is None is closed, an empty name a file that is read afterwards."""
        files = [self.folder / ".out", self.folder / ".err"]
        for file in files:
            file.unlink(missing_ok=True)
        (self.folder / "log.csv").touch()
        streams = [
            stdin,
            *(str(file) if name == "" else name for name, file in zip((stdout, stderr), files, strict=True)),
        ]
        variables = {name: value for name, value in {**self.env, **(env or {})}.items() if value is not None}
        job = {
            "module": module,
            "words": [module, *words],
            "env": variables,
            "streams": streams,
            "folder": str(self.folder),
            **options,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        out, err = (file.read_text("utf-8", "surrogateescape") if file.exists() else "" for file in files)
        return Done(status, out, err)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Generator[Runner]:
    runner = Runner(tmp_path_factory.mktemp("every"))
    yield runner
    runner.close()


def test_the_walk_finds_the_commands() -> None:
    found = [" ".join(words) for words in COMMANDS]
    assert {"up", "down", "status", "load gps log.csv", "dlq", "dlq send", "dlq show mysql-sink:0:0"} <= set(found)


@every_line
def test_standard_input_is_closed(run: Runner, module: str, words: list[str]) -> None:
    run(module, words, stdin=None).check()


@every_line
def test_standard_output_is_closed(run: Runner, module: str, words: list[str]) -> None:
    run(module, words, stdout=None).check()


@every_line
def test_standard_error_is_closed(run: Runner, module: str, words: list[str]) -> None:
    run(module, words, stderr=None).check(heard=False)


@every_line
def test_all_streams_are_closed(run: Runner, module: str, words: list[str]) -> None:
    run(module, words, stdin=None, stdout=None, stderr=None).check(heard=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@every_line
def test_disk_behind_the_streams_is_full(run: Runner, module: str, words: list[str]) -> None:
    run(module, words, stdout="/dev/full", stderr="/dev/full").check(heard=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["status", "--help"], ["dlq", "send", "--help"]], ids=" ".join)
@pytest.mark.parametrize("stdout", ["/dev/full", None])
def test_help_that_cannot_be_written_fails(run: Runner, words: list[str], stdout: str | None) -> None:
    done = run("sluice.cli", words, stdout=stdout)
    done.check()
    assert done.status == Exit.FAILED
    assert "standard output cannot be written: " in done.err


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii"},
        {"COLUMNS": "1", "LINES": "1"},
        {"HOME": None, "SLUICE_STATE": None},
        {"HOME": "/nowhere/at/all", "SLUICE_STATE": None, "SLUICE_CACHE": None},
        {"TMPDIR": "/nowhere/at/all"},
    ],
    ids=["ASCII", "narrow", "no HOME", "HOME is nowhere", "TMPDIR is nowhere"],
)
@every_line
def test_environment_is_odd(run: Runner, module: str, words: list[str], env: dict[str, str | None]) -> None:
    if words == ["up"] and "SLUICE_CACHE" in env and os.geteuid() == 0:
        env = {**env, "HOME": "/dev/null/home"}  # root could make the other
    run(module, words, env=env).check()


@every_command
def test_working_directory_is_gone(run: Runner, words: list[str], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    run("sluice.cli", words, folder=str(gone), remove_folder=True).check()


@pytest.mark.parametrize("name", [NOT_UTF8, HOSTILE], ids=["not UTF-8", "hostile"])
@pytest.mark.parametrize("where", ["argument", "unknown", "state"])
@every_command
def test_name_is_odd(run: Runner, words: list[str], where: str, name: str) -> None:
    options = ["--state", name] if where == "state" else []
    ends = [name, name, name] if where == "unknown" else []
    if where == "argument":
        words = [name if word == "log.csv" else word for word in words]
    run("sluice.cli", [*options, *words, *ends]).check()


@pytest.mark.parametrize("file", ["instance.json", "passwords.json"])
@pytest.mark.parametrize(
    "text",
    ["", '{"port_base": 2', "[]", '{"port_base": "x", "workers": []}', "\xff", None],
    ids=["empty", "cut", "list", "types", "not UTF-8", "folder"],
)
@every_command
def test_instance_is_damaged(run: Runner, words: list[str], file: str, text: str | None, tmp_path: Path) -> None:
    # On ports where nobody listens: asking takes no time.
    state = tmp_path / "state"
    instance = Instance.make(state, port_base=1100, workers=1)
    assert instance.passwords
    damaged = state / file
    damaged.unlink(missing_ok=True)
    damaged.mkdir() if text is None else damaged.write_text(text, encoding="latin-1")
    done = run("sluice.cli", ["--state", str(state), *words])
    done.check()
    if file == "instance.json" and words != ["up"]:
        assert done.status == Exit.FAILED
        assert f"{damaged} is damaged" in done.err
