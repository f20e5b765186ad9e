"""scripts/setup installs exactly what is pinned, whatever an index offers, with the pips that Pythons bring along.

Each pip runs on the Python that runs the tests: the others are not here.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build_cache import cached_folder
from tests.unit.scripts.wheels import OLD, PACKAGES, write_checkout, write_index

pytestmark = pytest.mark.slow

PIPS = {
    "22.3": "1daab4b8d3b97d1d763caeb01a4640a2250a0ea899e257b1e44b9eded91e15ab",  # Python 3.11.0
    "23.0.1": "236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f",  # Debian 12
    "23.2.1": "7ccf472345f20d35bdc9d1841ff5f313260c2c33fe417f48c30ac46cccabf5be",  # 3.11.7, 3.12.0
    "24.0": "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc",  # 3.11.9, 3.12.3
    "24.2": "2cd581cf58ab7fcfca4ce8efa6dcacd0de5bf8d0a3eb9ec927e07405f4d9e2a2",  # 3.13.0
    "25.2": "6d67a2b4e7f14d8b31b8b52648866fa717f45a1eb70e83002f4331d07e953717",  # 3.14.0
}
FREEZE = "from importlib.metadata import distributions as d\nprint(*sorted(f'{x.name}=={x.version}' for x in d()))"
Checkout = Callable[..., Path]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Makes a checkout that pins these packages, beside an index of them."""
    index = write_index(tmp_path / "index")
    return lambda *pinned: write_checkout(tmp_path / "checkout", index, pinned=pinned)


def python_with(version: str, folder: Path) -> Path:
    """A Python whose virtual environments come with this pip."""

    def fetch(building: Path) -> None:
        building.mkdir()
        (building / "lock").write_text(f"pip=={version} --hash=sha256:{PIPS[version]}\n")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"]
        subprocess.run([*pip, "--target", str(building), "-r", str(building / "lock")], check=True)

    own = cached_folder(f"pip-{version}-{PIPS[version][:16]}", fetch, env=os.environ, lock=".pip.lock")
    python = folder / "python"
    python.write_text(
        f"""#!/bin/sh
if [ "$1 $2" != "-m venv" ]; then exec '{sys.executable}' "$@"; fi
'{sys.executable}' "$@" --without-pip && ln -s '{own}'/pip '{own}'/pip-*.dist-info .venv/lib/python3.*/site-packages
"""
    )
    python.chmod(0o700)
    return python


def run_setup(checkout: Path, *arguments: str, pip: str = "23.2.1") -> "subprocess.CompletedProcess[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(checkout.parent / "index"), "PIP_CONFIG_FILE": os.devnull}
    env = {**own, **index, "PYTHON": str(python_with(pip, checkout.parent))}
    return subprocess.run(
        [checkout / "scripts/setup", *arguments], env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("pip", PIPS)
def test_what_is_pinned_is_installed_beside_anything_newer(checkout: Checkout, pip: str) -> None:
    folder = checkout(*PACKAGES)
    done = run_setup(folder, "dev", pip=pip)
    assert done.returncode == 0, done.stderr
    found = subprocess.run([folder / ".venv/bin/python", "-c", FREEZE], capture_output=True, text=True, check=True)
    pinned = {f"{name}=={OLD}" for name in PACKAGES}
    assert set(found.stdout.split()) == pinned | {f"pip=={pip}", "sluice==0.1.0"}
    assert "installing" not in run_setup(folder, "dev", pip=pip).stderr


def test_command_of_a_former_version_is_replaced(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = checkout(*PACKAGES)
    (kept := folder.parent / "kept").touch()
    monkeypatch.setenv("log", str(kept))  # the script has a variable of that name, whose file it removes
    assert run_setup(folder).returncode == 0
    command = folder / ".venv/bin/sluice"
    current = command.read_text()
    command.write_text(current.replace("from sluice.cli import run", "from cli import run"))
    assert command.read_text() != current
    done = run_setup(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert command.read_text() == current
    assert kept.exists()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("engine", "engine (tool needs engine>=1; extra =="),  # `pip check` knows nothing of extras
        ("plugin", "plugin (pyproject.toml needs plugin>=1)"),
    ],
)
def test_packages_missing_from_the_lock_are_listed(checkout: Checkout, left_out: str, said: str) -> None:
    folder = checkout(*(PACKAGES.keys() - {left_out}))
    done = run_setup(folder)
    assert done.returncode == 1
    assert "requirements.lock is not complete" in done.stderr
    assert said in done.stderr
    assert not (folder / ".venv/.sluice-setup").exists()


def test_folder_whose_name_no_environment_can_have_is_refused_first(checkout: Checkout, tmp_path: Path) -> None:
    moved = checkout(*PACKAGES).rename(tmp_path / "a:b")
    done = run_setup(moved)
    assert done.returncode == 1
    assert f"Move or rename: {moved}" in done.stderr
    assert not (moved / ".venv").exists()


def test_folder_with_an_odd_name_is_set_up_in_any_locale(checkout: Checkout, tmp_path: Path) -> None:
    moved = checkout(*PACKAGES).rename(tmp_path / "a, 'ö' #1 %20&;[x]?*!")
    done = run_setup(moved)
    assert done.returncode == 0, done.stderr
    env = {**os.environ, "LC_ALL": "C"}
    subprocess.run([moved / ".venv/bin/python", "-c", "import sluice.cli"], cwd=tmp_path, env=env, check=True)
