""".ci/run, with fakes of the programs that it calls: it installs a browser only where there is none, and it may."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser import BROWSERS
from tests.run_sluice import write_program

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ("bash", "cat", "dirname", "env", "mktemp", "rm", "tail", "true")
APT = '#!/bin/bash\necho apt-get "$@" >>"$CALLS"\necho \'Reading package lists\'\nexit "$APT_STATUS"\n'
UPDATE, INSTALL = "apt-get update", "apt-get install -y --no-install-recommends chromium"


def run(folder: Path, programs: dict[str, str], *, apt_status: int = 0) -> tuple[list[str], str]:
    """Run .ci/run where there are only these programs; return the calls of apt-get, and what it says."""
    for name in ("scripts", ".ci", "bin"):
        (folder / name).mkdir()
    shutil.copy(ROOT / ".ci/run", folder / ".ci/run")
    write_program(folder / "scripts/test", "print('the tests')")
    for name in TOOLS:
        (folder / "bin" / name).symlink_to(shutil.which(name) or name)
    for name, text in programs.items():
        (folder / "bin" / name).write_text(text if text.startswith("#!") else f"#!/bin/bash\n{text}\n")
        (folder / "bin" / name).chmod(0o755)
    env = {"PATH": str(folder / "bin"), "CALLS": str(folder / "calls"), "APT_STATUS": str(apt_status)}
    done = subprocess.run([folder / ".ci/run"], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "the tests\n", done.stderr
    calls = folder / "calls"
    return calls.read_text().splitlines() if calls.exists() else [], done.stderr


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browser_that_is_there_is_used(tmp_path: Path, browser: str) -> None:
    assert run(tmp_path, {browser: "", "id": "echo 0", "apt-get": APT}) == ([], "")


@pytest.mark.parametrize("user", [{"id": "echo 0"}, {"id": "echo 1000", "sudo": '[ "$1" = -n ] && shift && exec "$@"'}])
def test_a_missing_browser_is_installed_quietly(tmp_path: Path, user: dict[str, str]) -> None:
    calls, errors = run(tmp_path, {**user, "apt-get": APT})
    assert calls == [UPDATE, INSTALL]
    assert errors == ".ci/run: installing a browser for tests/console …\n"


@pytest.mark.parametrize(
    "programs",
    [{"id": "echo 0"}, {"id": "echo 1000", "apt-get": APT}, {"id": "echo 1000", "sudo": "exit 1", "apt-get": APT}],
)
def test_without_the_right_to_install_it_says_so(tmp_path: Path, programs: dict[str, str]) -> None:
    calls, errors = run(tmp_path, programs)
    assert calls == []
    assert errors.endswith("which may not be installed here: apt-get install chromium\n")


def test_a_failed_installation_is_shown(tmp_path: Path) -> None:
    calls, errors = run(tmp_path, {"id": "echo 0", "apt-get": APT}, apt_status=100)
    assert calls == [UPDATE]
    assert "Reading package lists" in errors
    assert "chromium could not be installed" in errors
