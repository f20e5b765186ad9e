"""What is installed beside the guard is what was tested: its pins are requirements-dev.lock's."""

import re
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[4]
PIN = re.compile(r"^(\S+)==(\S+)((?: *;[^\\\n]+)?) *\\\n((?: +--hash=\S+(?: \\)?\n?)+)", re.M)


def pins(path: str) -> dict[str, tuple[str, frozenset[str]]]:
    text = (ROOT / path).read_text()
    found = PIN.findall(text)
    assert len(found) == len(re.findall(r"^\S+==", text, re.M))
    return {name: (version, frozenset(re.findall(r"--hash=(\S+)", hashes))) for name, version, _, hashes in found}


def test_versions_and_checksums_are_those_that_were_tested() -> None:
    tested = pins("requirements-dev.lock")
    deployed = pins("infra/gcp/guard_function/requirements.txt")
    assert deployed
    assert {name: tested.get(name) for name in deployed} == deployed


def test_nothing_is_missing_and_nothing_is_too_many() -> None:
    folder = ROOT / "infra/gcp/guard_function"
    imported = "".join(path.read_text() for path in folder.rglob("*.py"))
    wanted = {"functions-framework", "google-auth", "requests", "flask", "cloudevents"}
    assert all(name.partition("-")[0] in imported for name in wanted)
    todo = list(wanted)
    while todo:
        for line in requires(todo.pop()) or []:
            requirement = Requirement(line)
            name = canonicalize_name(requirement.name)
            if name not in wanted and _needed(requirement):
                wanted.add(name)
                todo.append(name)
    assert set(pins("infra/gcp/guard_function/requirements.txt")) == wanted


def _needed(requirement: Requirement) -> bool:
    """On Cloud Functions: Linux, and Python 3.12 or 3.13."""
    assert sys.implementation.name == "cpython"
    places = (
        {"python_version": version, "sys_platform": "linux", "platform_system": "Linux", "extra": ""}
        for version in ("3.12", "3.13")
    )
    return requirement.marker is None or any(requirement.marker.evaluate(place) for place in places)
