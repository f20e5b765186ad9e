"""Every file, module, class and function named on a page, in a docstring, comment or message exists."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("infra", "producer", "sluice")
FOLDERS = (*PACKAGES, "connect", "docs", "k8s", "schemas", "scripts", "tests", ".ci", ".github", ".mvn")
SUFFIXES = (
    "avsc",
    "j2",
    "java",
    "json",
    "lock",
    "md",
    "properties",
    "proto",
    "py",
    "sql",
    "toml",
    "txt",
    "xml",
    "yaml",
    "yml",
)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
ARCHITECTURE = ROOT / "docs/architecture.md"
NOT_KEPT = ("infra/policy/.venv", ".mvn/checksums/*.bak")
"""Paths of files that are created in use and are not in the repository."""

_PATH = re.compile(rf"(?<![\w./:~$}}-])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]+)(?![\w@{{])")
_SOURCE = re.compile(r"(?<![\w./*$}-])([\w-]+(?:/[\w-]+)*\.(?:py|java))\b")
_MODULE = re.compile(r"\bpython -m ((?:\w+\.)*\w+)")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_CODE = re.compile(r"`([^`]+)`")
_DEFINITIONS = re.compile(r"`([\w./-]+\.(?:py|java))`\s+\(((?:`[\w.]+`(?:, )?)+)\)")


def missing(text: str, *, path: Path, line: int) -> list[str]:
    """Return the files and modules that `text` names and that do not exist, each with path and line of `text`."""
    where = f"{path.relative_to(ROOT)}:{line}"
    gone = [name for name in _paths(text) if not _is_there(name, page=path)]
    gone += [name for name in _MODULE.findall(text) if name.partition(".")[0] in OURS and not _is_module(name)]
    return [f"{where}: {name}" for name in gone]


def _paths(text: str) -> Iterator[str]:
    """Yield the paths in a text: scripts, paths with a suffix or a final slash, and bare names of source files."""
    for found in _PATH.findall(text):
        path = found.rstrip(".-")
        is_file = path.rpartition(".")[2] in SUFFIXES or path.startswith(("docs/adr/", "scripts/"))
        is_file = is_file or path.endswith(("/", "*"))
        if is_file and not path.startswith(NOT_KEPT):
            yield path
    for path in _SOURCE.findall(text):
        if path.partition("/")[0] not in FOLDERS:
            yield path


def _is_there(name: str, *, page: Path) -> bool:
    """Return whether a file exists: relative to the root or to `page`, or, as a bare name, in any package.

    In files of a package, a bare name means a file of the same folder only.
    """
    if re.fullmatch(r"docs/adr/\d{4}", name):
        name += "-*.md"
    if "*" in name or "NAME" in name:
        return any(ROOT.glob(name.replace("NAME", "*").rstrip("/")))
    if (ROOT / name).exists() or (page.parent / name).exists():
        return True
    return page not in SOURCES and name in {source.name for source in SOURCES}


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return (path / "__main__.py").exists() or path.with_suffix(".py").exists()


def _sources() -> frozenset[Path]:
    return frozenset(
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if ".venv" not in path.parts
    )


SOURCES = _sources()
OURS = {*PACKAGES, "tests", *(source.stem for source in SOURCES), *(source.parent.name for source in SOURCES)}


def texts(path: Path, *, messages: bool = True) -> Iterator[tuple[int, str]]:
    """Yield line and text of a Python file's docstrings and comments, and with `messages` of its other strings."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        found = node if messages else node.value if isinstance(node, ast.Expr) else None
        if isinstance(found, ast.Constant) and isinstance(found.value, str) and " " in found.value:
            yield found.lineno, found.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page: Path) -> None:
    gone: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        gone += missing(line, path=page, line=number)
        links = [link for link in _LINK.findall(line) if not (page.parent / link).exists()]
        gone += [f"{page.relative_to(ROOT)}:{number}: {link}" for link in links]
    assert not gone, "\n".join(gone)


@pytest.mark.parametrize("package", PACKAGES)
def test_files_that_the_code_names_exist(package: str) -> None:
    sources = sorted(source for source in SOURCES if source.is_relative_to(ROOT / package))
    gone = [name for path in sources for line, text in texts(path) for name in missing(text, path=path, line=line)]
    assert not gone, "\n".join(gone)


def test_files_that_the_tests_name_exist() -> None:
    gone = [
        name
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for line, text in texts(path, messages=False)
        for name in missing(text, path=path, line=line)
    ]
    assert not gone, "\n".join(gone)


def test_files_that_scripts_and_manifests_name_exist() -> None:
    files = [path for folder in ("scripts", "k8s", ".github", ".ci") for path in (ROOT / folder).rglob("*")]
    files += [path for path in (ROOT / "connect").rglob("*.java") if "target" not in path.parts]
    files += [path for pattern in ("*.yaml", "*.toml", "*/Dockerfile", "*/*/Dockerfile") for path in ROOT.glob(pattern)]
    gone = [
        name
        for path in files
        if path.is_file() and path.suffix != ".pyc"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for name in missing(line, path=path, line=number)
    ]
    assert not gone, "\n".join(gone)


def named_definitions(page: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, file and name of each function, class or method in parentheses after a file's name."""
    text = page.read_text(encoding="utf-8")
    for found in _DEFINITIONS.finditer(text):
        file, names = found.groups()
        yield from ((text.count("\n", 0, found.start()) + 1, file, name) for name in _CODE.findall(names))


@cache
def defined(file: str) -> Sequence[str]:
    """Return the names that a file defines; members of a class as Class.member."""
    text = (ROOT / file).read_text(encoding="utf-8")
    if file.endswith(".java"):
        class_ = Path(file).stem
        return [class_, *(f"{class_}.{name}" for name in re.findall(r"^    [\w<> ]+ (\w+)\(", text, re.MULTILINE))]
    names: list[str] = []
    for node in ast.parse(text).body:
        for name in _bound(node):
            names.append(name)
            if isinstance(node, ast.ClassDef):
                names += [f"{name}.{member}" for inner in node.body for member in _bound(inner)]
    return names


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_functions_and_classes_that_a_page_names_are_in_the_file_before_them(page: Path) -> None:
    gone = [
        f"{page.relative_to(ROOT)}:{line}: {file} has no {name}"
        for line, file, name in named_definitions(page)
        if (ROOT / file).exists() and name not in defined(file)
    ]
    assert not gone, "\n".join(gone)


def test_walks_name_functions() -> None:
    named = {(file, name) for _, file, name in named_definitions(ARCHITECTURE)}
    assert ("producer/command.py", "run") in named
    assert ("infra/program.py", "main") in named
    assert any(file.endswith("MySqlSinkTask.java") for file, _ in named)
