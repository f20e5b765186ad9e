"""Imports of Python and Java follow their arrows; files are short, and named once; no other package is installed."""

import ast
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from fnmatch import fnmatchcase
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain, pairwise
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("infra", "producer", "sluice")
LINE_LIMIT = 300
TWINS = ("gps", "images")
"""Packages whose files of the same role have the same name."""
OF_EACH_PACKAGE = {"__init__.py", "__main__.py", "command.py", "conftest.py"}
"""Names that more than one package may use."""

Graph = Mapping[str, Set[str]]


@cache
def python_files() -> dict[str, str]:
    """Return the files below PACKAGES, by module name."""
    paths = sorted(chain.from_iterable((ROOT / package).rglob("*.py") for package in PACKAGES))
    names = (path.relative_to(ROOT) for path in paths if not {".venv", "__pycache__"} & set(path.parts))
    return {module_name(PurePosixPath(name)): name.as_posix() for name in names}


def module_name(path: PurePosixPath) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports() -> Graph:
    """Return, for each file, the files that it imports, also inside functions."""
    files = python_files()
    return {path: set(_imported(module, path, files)) - {path} for module, path in files.items()}


def _imported(module: str, path: str, files: Mapping[str, str]) -> Iterable[str]:
    package = module if path.endswith("__init__.py") else module.rpartition(".")[0]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (files[alias.name] for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{base}.{alias.name}" if f"{base}.{alias.name}" in files else base
                if name in files:
                    yield files[name]


@cache
def arrows() -> Graph:
    """Return the arrows of all diagrams in the section Packages: for each label, the labels that it may import."""
    section = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").split("\n## Packages\n")[1].split("\n## ")[0]
    found: dict[str, set[str]] = {}
    for picture in re.findall(r"```mermaid\n(.*?)```", section, re.DOTALL):
        labels = dict(re.findall(r'(\w+)\["([^"]+)"\]', picture))
        found.update({label: found.get(label, set()) for label in labels.values()})
        for line in re.sub(r'\["[^"]+"\]', "", picture).splitlines():
            groups = [group.split("&") for group in line.split("-->")]
            for start, end in pairwise(groups):
                for name in start:
                    found[labels[name.strip()]] |= {labels[other.strip()] for other in end}
    return found


def is_in(path: str, label: str) -> bool:
    """Return whether a label covers a file; a label is a folder, a file, or `folder/*.py` without sub-folders."""
    return (fnmatchcase(path, label) and path.count("/") == label.count("/")) or path.startswith(f"{label}/")


def label_of(path: str) -> str:
    """Return the most specific label that covers a file."""
    found = [label for label in arrows() if is_in(path, label)]
    assert found, f"{path} is in no diagram of docs/architecture.md"
    return max(found, key=len)


@cache
def reached(label: str) -> frozenset[str]:
    """Return all labels that can be reached from one along arrows."""
    found: set[str] = set()
    waiting = list(arrows()[label])
    while waiting:
        found.add(here := waiting.pop())
        waiting.extend(arrows()[here] - found)
    return frozenset(found)


def test_imports_follow_the_arrows() -> None:
    wrong = [
        f"{path} imports {other}"
        for path, others in imports().items()
        for other in others
        if label_of(path) != label_of(other) and not any(is_in(other, label) for label in reached(label_of(path)))
    ]
    assert not wrong, "\n".join(sorted(wrong))


def test_every_arrow_is_an_import() -> None:
    used = {(path, other) for path, others in imports().items() for other in others}
    for start, ends in arrows().items():
        for end in ends:
            assert any(is_in(path, start) and is_in(other, end) for path, other in used), f"{start} --> {end}"


def test_arrows_and_imports_have_no_cycle() -> None:
    for graph in (arrows(), imports()):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            pytest.fail(" → ".join(error.args[1]))


@cache
def java_imports() -> Graph:
    """Return, for each Java package of the plugins, the packages of ours that it imports."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "connect").glob("*/src/main/java/**/*.java")):
        text = path.read_text(encoding="utf-8")
        (package,) = re.findall(r"^package ([\w.]+);", text, re.MULTILINE)
        others = re.findall(r"^import (?:static )?(sluice(?:\.[a-z]\w*)+)\.[A-Z]", text, re.MULTILINE)
        found.setdefault(package, set()).update(set(others) - {package})
    return found


def test_java_packages_have_no_cycle() -> None:
    try:
        TopologicalSorter(java_imports()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize(
    "overview", sorted((ROOT / "connect").glob("*/src/main/java/**/package-info.java")), ids=lambda path: path.parts[-7]
)
def test_java_packages_and_their_arrows_are_those_of_the_overview(overview: Path) -> None:
    text = overview.read_text(encoding="utf-8")
    (top,) = re.findall(r"^package ([\w.]+);", text, re.MULTILINE)
    rows = re.findall(r"^ \* ([\w.]+) +→((?: \w+)*)(?:   |$)", text, re.MULTILINE)
    imported = {
        package.removeprefix(f"{top}."): {other.removeprefix(f"{top}.") for other in others if other.startswith(top)}
        for package, others in java_imports().items()
        if package.startswith(top)
    }
    assert {name: set(others.split()) for name, others in rows} == imported


def test_all_of_the_three_packages_and_nothing_else_is_installed(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = {PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()}
    assert {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")} == set(PACKAGES)
    # Of each kind of file that a page consists of, one would be missed without its folder.
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {PurePosixPath(name) for name in files if (ROOT / name).is_file()} <= names


def test_nothing_else_at_the_root_is_a_module_or_a_package() -> None:
    assert [path.name for path in ROOT.glob("*.py")] == ["__main__.py"]
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(PACKAGES)


def test_no_two_files_have_one_name() -> None:
    # sluice/proof/gps/compare.py and sluice/proof/images/compare.py count as one.
    twins = re.compile(rf"/(?:{'|'.join(TWINS)})/(?=[^/]+$)")
    helpers = {path.as_posix() for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("test_")}
    roles = {twins.sub("/*/", path) for path in (*python_files().values(), *helpers)}
    counts = Counter(PurePosixPath(role).name for role in roles)
    assert {name for name, count in counts.items() if count > 1} <= OF_EACH_PACKAGE


def test_no_file_is_longer_than_the_limit() -> None:
    names = subprocess.run(
        ["git", "ls-files", "*.py", "*.java", "scripts", ".ci"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    lengths = {name: (ROOT / name).read_text(encoding="utf-8").count("\n") for name in names if (ROOT / name).exists()}
    assert not {name: length for name, length in lengths.items() if length > LINE_LIMIT}
