"""scripts/extend, scripts/wake and scripts/guard-test as users run them, from another folder."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.gcp.google_api import ENDPOINT
from infra.gcp.guard_commands.guarded_cluster import ROOT
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.guard_commands.conftest import OUTPUT, stop_all_nodes
from tests.unit.infra.gcp.guard_commands.fake_guard_project import FakeGuardProject
from tests.unit.infra.gcp.guard_function.conftest import env_of
from tests.unit.infra.gcp.guard_function.fake_gke import FakeGoogle


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The scripts in a checkout whose setup does nothing: the real one makes the environment that runs this."""
    folder, python = tmp_path / "scripts", tmp_path / ".venv/bin/python"
    folder.mkdir()
    python.parent.mkdir(parents=True)
    for name in ("extend", "wake", "guard-test"):
        shutil.copy(ROOT / "scripts" / name, folder / name)
    (folder / "setup").write_text("#!/bin/sh\n")
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" "$@"\n')
    for program in (folder / "setup", python):
        program.chmod(0o755)
    return folder


def run(script: Path, *arguments: str, google: FakeGoogle, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**env_of(google), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **more}
    return subprocess.run([script, *arguments], env=env, cwd=cwd, capture_output=True, text=True, check=False)


def test_wake_and_extend(scripts: Path, google: FakeGoogle, tmp_path: Path) -> None:
    here = tmp_path / "somewhere else"
    here.mkdir()
    (here / "guard.json").write_text(json.dumps(OUTPUT))
    stop_all_nodes(google)
    woken = run(scripts / "wake", "2", "--guard", "guard.json", google=google, cwd=here)
    assert (woken.returncode, woken.stderr) == (0, "")
    assert [pool.nodes for pool in google.pools.values()] == [1, 2]
    until = google.clock()["until"]
    extended = run(scripts / "extend", "5", "--guard", "guard.json", google=google, cwd=here)
    assert (extended.returncode, extended.stderr) == (0, "")
    assert google.clock()["until"] > until
    assert google.clock()["awake"] is True


def test_the_exit_status_is_the_commands(scripts: Path, google: FakeGoogle, tmp_path: Path) -> None:
    google.job = None
    (tmp_path / "guard.json").write_text(json.dumps(OUTPUT))
    done = run(scripts / "extend", "1", "--guard", "guard.json", google=google, cwd=tmp_path)
    assert done.returncode == 6
    assert "Google Cloud:" in done.stderr


def test_guard_test(scripts: Path, google: FakeGoogle, tmp_path: Path) -> None:
    google.created = datetime.now(UTC).isoformat()
    (tmp_path / "guard.json").write_text(json.dumps(OUTPUT))
    with serving(FakeGuardProject(google).answer) as apis:
        here = {ENDPOINT: apis.url}
        done = run(scripts / "guard-test", "--guard", "guard.json", google=google, cwd=tmp_path, **here)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The guard can stop the nodes" in done.stdout
