"""The files of producer/gps are listed in the order in which a row passes them, and no import goes against it."""

import ast
import re
from pathlib import Path

import producer.gps

FOLDER = Path(producer.gps.__file__).parent
ORDER = re.findall(r"`(\w+\.py)`", producer.gps.__doc__ or "")


def imports_of(name: str) -> set[str]:
    """The files of the folder that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((FOLDER / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "producer.gps":
            found |= {f"{alias.name}.py" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("producer.gps."):
            found.add(f"{(node.module or '').removeprefix('producer.gps.')}.py")
    return found


def test_every_file_is_listed_once() -> None:
    assert sorted(ORDER) == sorted(path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py")


def test_a_file_imports_only_files_before_it() -> None:
    assert [
        (name, other) for at, name in enumerate(ORDER) for other in imports_of(name) if other not in ORDER[:at]
    ] == []
