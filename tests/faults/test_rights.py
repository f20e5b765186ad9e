"""A right that is missing in k8s/users.yaml fails here, not first on a cluster."""

from dataclasses import replace
from pathlib import Path

from exits import Exit
from local.description import Description
from local.entities import apply_rights
from local.instance import Instance
from local.kafka import admin_client
from tests.support import Sluice


def test_load_fails_without_the_producers_right(
    instance: Instance, sluice: Sluice, tmp_path: Path, sample: Path
) -> None:
    users = Description.read().users
    admin = admin_client(instance)
    few = tmp_path / "few.csv"
    few.write_text("".join(sample.read_text().splitlines(keepends=True)[:10]))
    apply_rights(admin, [replace(user, acls=()) if user.name == "producer" else user for user in users])
    try:
        done = sluice("load", "gps", str(few), cwd=tmp_path)
    finally:
        apply_rights(admin, users)
    assert done.returncode == Exit.UNAVAILABLE
    assert "gps-fixes" in done.stderr
    assert "k8s/users.yaml" in done.stderr
    assert sluice("load", "gps", str(few), cwd=tmp_path).returncode == Exit.OK
