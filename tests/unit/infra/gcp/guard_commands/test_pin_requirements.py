"""The guard's requirements.txt: the versions and checksums of requirements-dev.lock."""

import re
from pathlib import Path

import pytest

from infra.gcp.guard_commands.guarded_cluster import ROOT
from infra.gcp.guard_commands.pin_requirements import REQUIREMENTS, main, select_pins

LOCK = (ROOT / "requirements-dev.lock").read_text()


def parsed(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and checksums of each package, read in another way than infra/gcp/guard_commands/pin_requirements.py."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    name = ""
    for line in text.splitlines():
        if pin := re.match(r"([^\s#]+)==([^\s;]+)", line):
            name = pin[1]
            found[name] = (pin[2], frozenset())
        elif checksum := re.match(r" +--hash=(\S+)", line):
            found[name] = (found[name][0], found[name][1] | {checksum[1]})
    return found


def test_versions_and_checksums_are_those_that_were_tested() -> None:
    tested, deployed = parsed(LOCK), parsed(REQUIREMENTS.read_text())
    assert {name: tested[name] for name in deployed} == deployed
    assert all(checksums for _, checksums in deployed.values())


def test_it_is_what_scripts_lock_writes(tmp_path: Path) -> None:
    main(file=tmp_path / "requirements.txt")
    assert (tmp_path / "requirements.txt").read_text() == REQUIREMENTS.read_text()


def test_every_imported_package_and_its_dependencies_are_pinned() -> None:
    names = set(parsed(REQUIREMENTS.read_text()))
    code = "".join(path.read_text() for path in REQUIREMENTS.parent.rglob("*.py"))
    imported = set(re.findall(r"^(?:import|from) (\w+)", code, re.M))
    assert {"flask", "cloudevents", "requests"} <= imported & names
    assert {"functions_framework", "google"} <= imported
    assert {"functions-framework", "google-auth", "gunicorn", "werkzeug", "urllib3", "cryptography"} <= names
    assert "pytest" not in names


def test_a_lock_that_lacks_a_package_is_an_error() -> None:
    with pytest.raises(KeyError, match="flask"):
        select_pins(LOCK.replace("\nflask==", "\nflask-of-old=="))
