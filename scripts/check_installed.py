"""Check that every required package is installed: `python scripts/check_installed.py --extra proof --group build`.

A lock is installed without resolving, so what it lacks would only be noticed when it is imported. `pip check` does not
check the requirements of an extra (`fsspec[gcs]`); this does.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

# From pip, which every environment has; the package `packaging` may be one that the lock lacks.
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def declared(project: Path, *, extras: Sequence[str], groups: Sequence[str]) -> Iterator[Requirement]:
    """Return the requirements of a pyproject.toml, with these extras and dependency groups."""
    text = tomllib.loads(project.read_text(encoding="utf-8"))
    lines = list(text["project"].get("dependencies", []))
    for extra in extras:
        lines += text["project"]["optional-dependencies"][extra]
    for group in groups:
        lines += _group(text["dependency-groups"], group)
    return (Requirement(line) for line in lines)


def _group(groups: dict[str, Any], name: str) -> Iterator[str]:
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from _group(groups, entry["include-group"])


def lacking(wanted: Iterable[Requirement], *, by: str) -> list[str]:
    """List the packages that are missing or of a wrong version, among `wanted` and their dependencies.

    Each entry names the package that requires it; `by` is that name for `wanted`.
    """
    problems: list[str] = []
    todo = [(requirement, by) for requirement in wanted if _applies(requirement, ())]
    seen: set[tuple[str, str]] = set()
    while todo:
        requirement, who = todo.pop()
        name = str(canonicalize_name(requirement.name))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            problems.append(f"{name} ({who} needs {requirement})")
            continue
        if not requirement.specifier.contains(found.version, prereleases=True):
            problems.append(f"{name} {found.version} is not what {who} needs: {requirement}")
        for extra in {"", *requirement.extras} - {extra for one, extra in seen if one == name}:
            seen.add((name, extra))
            todo += [(one, name) for one in _requirements(found.requires or []) if _applies(one, (extra,))]
    return sorted(set(problems))


def _requirements(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:  # an old package's own spelling, which pip passes over too
            continue


def _applies(requirement: Requirement, extras: Sequence[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or ("",))


def main(arguments: Sequence[str]) -> int:
    """Print the missing packages; return 1 if there are any, else 0."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--extra", action="append", default=[])
    parser.add_argument("--group", action="append", default=[])
    args = parser.parse_args(arguments)
    wanted = declared(ROOT / "pyproject.toml", extras=args.extra, groups=args.group)
    problems = lacking(wanted, by="pyproject.toml")
    sys.stderr.write("".join(f"  {problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
