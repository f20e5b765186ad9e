"""scripts/test, with fakes of the programs that it calls: its parts, their results, and an interrupt."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.run_sluice import wait_for

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
PYTEST = """
while [ $# -gt 0 ] && [ "${1#tests/}" = "$1" ]; do shift; done
echo "tests of $*"
touch "$COVERAGE_FILE"
case "$*" in "$WAITS"*)
  trap 'touch "$OVER"; exit 2' INT
  touch "$STARTED"
  while :; do sleep 0.05; done
esac
case "$*" in "$FAILS"*) exit 1 ;; esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with scripts/test, and programs that only say that they were called."""
    for folder in ("scripts", ".ci", "infra/toolbox", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/test", tmp_path / "scripts/test")
    programs = dict.fromkeys(("ruff", "pyright", "shellcheck", "hadolint", "coverage"), 'echo "$(basename "$0") $*"')
    for path, text in {**{f".venv/bin/{name}": text for name, text in programs.items()}, "scripts/setup": ""}.items():
        write(tmp_path / path, text)
    write(tmp_path / ".venv/bin/pytest", PYTEST)
    (tmp_path / "bin").mkdir()
    write(tmp_path / "bin/renice", "exit 1")  # as in `nice -n 15 scripts/test`
    for path in (".ci/run", "infra/toolbox/sluice"):
        write(tmp_path / path, "")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(0o755)


def environment(checkout: Path, *, fails: str = "none", waits: str = "none") -> dict[str, str]:
    files = {"STARTED": str(checkout / "started"), "OVER": str(checkout / "over"), "TMPDIR": str(checkout)}
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, **files, "PATH": path, "FAILS": fails, "WAITS": waits}


@pytest.mark.parametrize("fails", ["none", "tests/pipeline", "tests/faults", "tests/cluster"])
def test_every_part_is_run_and_one_that_fails_fails_the_whole(checkout: Path, fails: str) -> None:
    done = subprocess.run(
        [checkout / "scripts/test"], env=environment(checkout, fails=fails), capture_output=True, text=True, check=False
    )
    assert done.returncode == (0 if fails == "none" else 1), done.stderr
    for said in ("tests of tests/pipeline", "tests of tests/faults", "pyright", "shellcheck scripts/", "hadolint"):
        assert said in done.stdout
    assert "tests of tests/cluster tests/contract tests/unit" in done.stdout
    combined = next(line for line in done.stdout.splitlines() if line.startswith("coverage combine"))
    assert [name.rpartition(".")[2] for name in combined.split()[3:]] == ["code", "faults", "pipeline"]
    assert not list(checkout.glob("tmp.*"))


def test_coverage_that_cannot_be_read_fails_it_and_leaves_nothing(checkout: Path) -> None:
    write(checkout / ".venv/bin/coverage", "exit 3")
    done = subprocess.run(
        [checkout / "scripts/test"], env=environment(checkout, fails="tests/faults"), capture_output=True, check=False
    )
    assert done.returncode == 1
    assert not list(checkout.glob("tmp.*"))


def test_all_folders_of_tests_are_in_a_part(checkout: Path) -> None:
    done = subprocess.run([checkout / "scripts/test"], env=environment(checkout), capture_output=True, check=True)
    run = {
        word for line in done.stdout.decode().splitlines() if line.startswith("tests of") for word in line.split()[2:]
    }
    there = {f"tests/{path.parts[-2]}" for path in (ROOT / "tests").glob("*/test_*.py")} | {"tests/unit"}
    assert run == there


@pytest.mark.parametrize("part", ["tests/pipeline", "tests/faults", "tests/cluster"])
def test_an_interrupt_ends_every_part(checkout: Path, part: str) -> None:
    with subprocess.Popen(
        [checkout / "scripts/test"],
        env=environment(checkout, waits=part),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        wait_for((checkout / "started").exists)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
    assert (checkout / "over").exists()
    assert not list(checkout.glob("tmp.*"))
