"""The README's commands work as they are written, with an empty home folder."""

import os
import re
import shlex
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from producer.sample import write_sample
from producer.sample_images import write_images
from sluice.local.fetch_servers import cache_folder
from sluice.local.instance import Instance
from sluice.local.processes import free_port_base, running_processes, stop_all
from tests.run_sluice import running_console

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def commands(section: str) -> list[str]:
    """Return the lines of a section's first `sh` block."""
    block = re.search(rf"## {section}\n.*?```sh\n(.*?)```", README, re.DOTALL)
    assert block is not None, f"the README has no section {section} with commands"
    return block[1].splitlines()


@pytest.fixture
def home(tmp_path: Path) -> Generator[tuple[Path, dict[str, str]]]:
    """A home folder whose default instance has other ports than a developer's own; and the environment with it."""
    env = {**os.environ, "HOME": str(tmp_path), "SLUICE_CACHE": str(cache_folder(os.environ))}
    env.pop("SLUICE_STATE", None)
    env.pop("XDG_STATE_HOME", None)
    instance = Instance.make(tmp_path / ".local/state/sluice/default", port_base=free_port_base(), workers=1)
    yield tmp_path, env
    stop_all(instance, seconds=10, say=lambda _: None)


def test_commands_of_the_section_a_pipeline_of_your_own(home: tuple[Path, dict[str, str]]) -> None:
    folder, env = home
    write_sample(folder / "gps.csv", rows=500)
    write_images(folder, count=12)
    for line in commands("A pipeline of your own"):
        program, *arguments = shlex.split(line, comments=True)
        if arguments == ["console"]:  # runs until Ctrl-C
            with running_console(env, program=str(ROOT / program), cwd=folder):
                continue
        done = subprocess.run(
            [ROOT / program, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert "All 500 rows" in (folder / "proof.html").read_text()
    assert "All 12 images" in (folder / "images.html").read_text()
    assert (folder / "image.tiff").read_bytes() == (folder / "2012-11-16/lb3/Cam0/1353099678000000.tiff").read_bytes()


def test_demo_proves_every_row_and_removes_its_instance_and_no_other(
    home: tuple[Path, dict[str, str]], sample: Path
) -> None:
    folder, env = home
    own = folder / ".local/state/sluice/default"
    done = subprocess.run(
        [ROOT / "scripts/demo", str(sample), "--port-base", str(free_port_base())],
        cwd=folder,
        env={**env, "SLUICE_STATE": str(own)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = sum(1 for _ in sample.open())
    assert f"All {rows:,} rows" in (folder / "proof.html").read_text()
    assert "All 12 images" in (folder / "images.html").read_text()
    assert "proof.html" in done.stdout
    assert "images.html" in done.stdout
    demo = folder / ".local/state/sluice/demo"
    assert not demo.exists()
    assert running_processes(Instance(state=demo, port_base=1024, workers=1)) == []
    assert Instance.open(own).workers == 1


def test_demo_refuses_a_file_that_is_not_there_before_it_starts_anything(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "scripts/demo", "nowhere.csv"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "nowhere.csv" in done.stderr
