"""Loads, proofs and status calls leave nothing behind: files, consumer groups, connections, schemas, topics."""

from pathlib import Path

from producer.runtime.exit_status import Exit
from producer.sample import write_sample
from producer.sample_images import write_images
from sluice.local.instance import Instance
from tests.faults.load.inventory import BOUNDS, take_inventory
from tests.faults.load.judgement import growths, left_behind
from tests.run_sluice import SLUICE, run_sluice


def test_loads_proofs_and_status_calls_leave_nothing_behind(instance: Instance, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("tmp", "home", "work")}
    for folder in folders.values():
        folder.mkdir()
    log, images = tmp_path / "gps.csv", tmp_path / "images"
    write_sample(log, rows=500, seed=7)
    write_images(images, count=6)
    env = {
        "PATH": str(Path(SLUICE).parent),
        "TMPDIR": str(folders["tmp"]),
        "HOME": str(folders["home"]),
        "SLUICE_STATE": str(instance.state),
    }

    def run_all() -> None:
        for source in (log, images):
            kind = "gps" if source == log else "images"
            for command in (
                ["load", kind],
                ["proof", "--allow-extra", "-o", "proof.html"],
                ["load", kind, "--tombstones"],
            ):
                done = run_sluice(*command, str(source), env=env, cwd=folders["work"])
                assert done.returncode == Exit.OK, done.stderr
        assert run_sluice("status", env=env, cwd=folders["work"]).returncode == Exit.OK

    run_all()  # what is made once, such as a schema, is made by the first
    before = take_inventory(instance, folders=folders)
    run_all()
    after = take_inventory(instance, folders=folders)
    assert left_behind(growths([before, after], BOUNDS)) == []
