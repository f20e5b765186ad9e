"""Python interpreter that can import only the contents of an image: its files and its lock's packages."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

_BOOTSTRAP = """
import runpy, site, sys
folders, (option, what, *words) = sys.argv[1].split(":"), sys.argv[2:]
sys.path[:0] = folders
site.addsitedir(folders[-1])
if option == "-m":
    sys.argv = [what, *words]
    runpy.run_module(what, run_name="__main__", alter_sys=True)
else:
    sys.argv = ["-c", *words]
    exec(compile(what, "<command>", "exec"), {"__name__": "__main__"})
"""


@dataclass(frozen=True, kw_only=True)
class IsolatedPython:
    """The interpreter `python` of `bin`, which finds modules in `app` and `packages` only."""

    root: Path
    app: Path
    bin: Path

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command as in the image, in its /tmp, with no environment variables but `env`."""
        folder = self.root / "tmp"
        folder.mkdir(exist_ok=True)
        inside = {"PATH": f"{self.bin}:{self.root}/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), **(env or {})}
        return subprocess.run(command, cwd=folder, env=inside, capture_output=True, text=True, timeout=120, check=False)


def lay_out_image(files: Mapping[PurePosixPath, Path], *, lock: Path, root: Path, app: str = "/app") -> IsolatedPython:
    """Link an image's files below `root`, and the packages of `lock` from this environment."""
    for target, source in files.items():
        path = root / target.relative_to("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(source)
    packages = root / "packages"
    for name in locked(lock):
        _link(_installed()[name], packages)
    folder = root / "python/bin"
    folder.mkdir(parents=True)
    (folder / "bootstrap.py").write_text(_BOOTSTRAP, encoding="utf-8")
    inside = root / app.removeprefix("/")
    python = folder / "python"
    # -S: without the packages of this environment; -I: without the folder that it runs in.
    words = f'"{sys.executable}" -I -S "{folder}/bootstrap.py" "{inside}:{packages}"'
    python.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return IsolatedPython(root=root, app=inside, bin=folder)


def locked(lock: Path) -> list[str]:
    """Return the names of a lock's packages that are installed here."""
    names = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [name for name in map(_normal, names) if name in _installed()]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _installed() -> dict[str, Distribution]:
    return {_normal(entry.metadata["Name"]): entry for entry in distributions()}


@cache
def _owners() -> Counter[str]:
    """Return the number of packages with files in each folder of site-packages."""
    return Counter(top for entry in _installed().values() for top in {path.parts[0] for path in entry.files or ()})


def _link(package: Distribution, folder: Path) -> None:
    """Link a package's files; a folder shared with other packages is created and gets links to its files."""
    folder.mkdir(exist_ok=True)
    for path in package.files or ():
        top = path.parts[0]
        if top == ".." or path.suffix == ".pyc":
            continue
        inside = folder / (top if _owners()[top] == 1 else os.fspath(path))
        if not inside.exists():
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.symlink_to(package.locate_file(top if _owners()[top] == 1 else path))  # pyright: ignore[reportArgumentType]
