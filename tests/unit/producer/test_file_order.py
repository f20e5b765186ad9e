"""The docstrings of producer/gps and producer/images list the files in import order: no file imports a later one."""

import ast
import re
from pathlib import Path
from types import ModuleType

import pytest

import producer.gps
import producer.images

PACKAGES = pytest.mark.parametrize("package", [producer.gps, producer.images], ids=lambda package: package.__name__)


def folder(package: ModuleType) -> Path:
    return Path(package.__file__ or "").parent


def listed_files(package: ModuleType) -> list[str]:
    return re.findall(r"`(\w+\.py)`", package.__doc__ or "")


def imported_files(package: ModuleType, name: str) -> set[str]:
    """Return the files of the package that one of its files imports."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse((folder(package) / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == package.__name__:
            imported |= {f"{alias.name}.py" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package.__name__}."):
            imported.add(f"{(node.module or '').removeprefix(f'{package.__name__}.')}.py")
    return imported


@PACKAGES
def test_every_file_is_listed_once(package: ModuleType) -> None:
    files = [path.name for path in folder(package).glob("*.py") if path.name != "__init__.py"]
    assert sorted(listed_files(package)) == sorted(files)


@PACKAGES
def test_a_file_imports_only_files_listed_before_it(package: ModuleType) -> None:
    listed = listed_files(package)
    assert [
        (name, other)
        for position, name in enumerate(listed)
        for other in imported_files(package, name)
        if other not in listed[:position]
    ] == []
