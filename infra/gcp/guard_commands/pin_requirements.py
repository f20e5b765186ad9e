"""Writes infra/gcp/guard_function/requirements.txt from requirements-dev.lock; part of scripts/lock.

Both then have the same versions and checksums: what is deployed is what was tested.
"""

import re
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.gcp.guard_commands.guarded_cluster import ROOT

REQUIREMENTS = ROOT / "infra/gcp/guard_function/requirements.txt"
_LOCK = ROOT / "requirements-dev.lock"
_DIRECT = ("cloudevents", "flask", "functions-framework", "google-auth", "requests")
"""Packages that infra/gcp/guard_function imports, and the framework that runs it."""
_ENVIRONMENTS = tuple(
    {"python_version": version, "sys_platform": "linux", "platform_system": "Linux", "extra": ""}
    for version in ("3.12", "3.13")
)
_PIN = re.compile(r"^([\w.-]+)==.*\\\n(?: +--hash=\S+ \\\n)* +--hash=\S+$", re.MULTILINE)
_HEADER = """\
# Packages of the guard and their dependencies, on Cloud Functions: Linux, Python 3.12 or 3.13. scripts/lock writes this
# from requirements-dev.lock.
"""


def select_pins(lock: str) -> str:
    """Return the pins that the guard needs, directly or indirectly, from the text of a lock file.

    Raises KeyError if one is missing.
    """
    pinned = {str(canonicalize_name(match[1])): match[0] for match in _PIN.finditer(lock)}
    return _HEADER + "".join(f"{pinned[name]}\n" for name in sorted(_needed()))


def _needed() -> set[str]:
    found, todo = set[str](), [canonicalize_name(name) for name in _DIRECT]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            required = (Requirement(line) for line in requires(name) or [])
            todo += [canonicalize_name(one.name) for one in required if _applies(one)]
    return found


def _applies(required: Requirement) -> bool:
    return required.marker is None or any(required.marker.evaluate(environment) for environment in _ENVIRONMENTS)


def main(*, lock: Path = _LOCK, file: Path = REQUIREMENTS) -> None:
    """Write `file` from the lock file `lock`."""
    file.write_text(select_pins(lock.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
