"""Made-up packages, and a checkout that pins some of them: what scripts/setup is tried with."""

import shutil
import zipfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_WHEEL = "Wheel-Version: 1.0\nGenerator: made-up\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "sluice"
version = "0.1.0"
dependencies = []
[project.optional-dependencies]
console = []
proof = ["plugin>=1"]
local = ["tool[fast]"]
infra = []
[dependency-groups]
build = ["builder"]
dev = [{include-group = "build"}]
"""
_BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "sluice-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("_sluice.pth", "/nowhere\\n")
        wheel.writestr("sluice-0.1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: sluice\\nVersion: 0.1.0\\n")
        wheel.writestr("sluice-0.1.0.dist-info/WHEEL", %r)
        wheel.writestr("sluice-0.1.0.dist-info/entry_points.txt", "[console_scripts]\\nsluice = sluice.cli:run\\n")
        wheel.writestr("sluice-0.1.0.dist-info/RECORD", "")
    return name
"""
PACKAGES = {
    "plugin": ["Requires-Dist: core[toml]>=1"],  # as pytest-cov asks for coverage[toml]
    "core": ["Provides-Extra: toml", 'Requires-Dist: parser; extra == "toml"'],
    "parser": [],
    "tool": ["Provides-Extra: fast", 'Requires-Dist: engine>=1; extra == "fast"'],
    "engine": [],
    "builder": [],
}
OLD, NEW = "1.0", "2.0"


def write_index(folder: Path) -> Path:
    """A folder of wheels that offers every package as it is pinned and in a newer version."""
    folder.mkdir()
    for name, lines in PACKAGES.items():
        for version in (OLD, NEW):
            _write_wheel(folder, name, version, lines)
    return folder


def _write_wheel(folder: Path, name: str, version: str, lines: Sequence[str]) -> None:
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        info = f"{name}-{version}.dist-info"
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{info}/METADATA", "\n".join(metadata) + "\n")
        wheel.writestr(f"{info}/WHEEL", _WHEEL)
        wheel.writestr(f"{info}/RECORD", "")


def write_checkout(folder: Path, index: Path, *, pinned: Sequence[str]) -> Path:
    """A checkout with the real scripts/setup and what it runs, whose locks pin these packages."""
    for name in ("scripts/setup", "scripts/check_installed.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "sluice").mkdir()
    (folder / "sluice/cli.py").touch()
    (folder / "backend.py").write_text(_BACKEND % _WHEEL)
    (folder / "pyproject.toml").write_text(_PROJECT)
    lock = "".join(_pin(index, name) for name in pinned)
    for name in ("requirements.lock", "requirements-dev.lock"):
        (folder / name).write_text(lock)
    return folder


def _pin(index: Path, name: str) -> str:
    digest = sha256((index / f"{name}-{OLD}-py3-none-any.whl").read_bytes()).hexdigest()
    return f"{name}=={OLD} \\\n    --hash=sha256:{digest}\n"
