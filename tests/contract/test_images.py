"""Our images contain everything that they run: each is tried with only the files that its Dockerfile copies."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from infra.gcp.guard_source import source_files
from infra.settings.container_images import DOCKERFILES, own_image_files
from producer.runtime.exit_status import Exit
from sluice.view.endpoints import VARIABLES
from tests.build_context import BuildError, Pattern, copied, is_in_context
from tests.isolated_python import IsolatedPython, lay_out_image
from tests.run_sluice import NOWHERE
from tests.unit.infra.gcp.guard_function.conftest import ENV

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TESTS = "tests/Dockerfile"
LOCKS = {
    "producer/Dockerfile": "producer/requirements.lock",
    "infra/toolbox/Dockerfile": "infra/toolbox/requirements.lock",
    TESTS: "requirements-dev.lock",
}
IMPORT_ALL = """
import importlib, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    parts = path.relative_to(sys.argv[1]).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "__init__"
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(f"{name}: {type(error).__name__}: {error}")
"""
HELP_OF_ALL = """
import argparse, contextlib, io, sys

def commands(parser, words=()):
    yield words
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield from commands(command, (*words, name))

{make}
for words in commands(parser):
    try:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            main([*words, "--help"], env={{}})
    except SystemExit as end:
        assert not end.code and said.getvalue().startswith("usage: "), words
    print(*words)
"""
LOADER = """
from producer.__main__ import main
from producer.command import add_load_arguments
parser = argparse.ArgumentParser()
add_load_arguments(parser.add_subparsers())
"""
SLUICE = """
from sluice.cli import main, parser
parser = parser()
"""


@dataclass(frozen=True, kw_only=True)
class Image:
    dockerfile: str
    python: IsolatedPython


@pytest.fixture(scope="module", params=LOCKS)
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Image:
    dockerfile = str(request.param)
    files = copied(ROOT, ROOT / dockerfile)
    python = lay_out_image(files, lock=ROOT / LOCKS[dockerfile], root=tmp_path_factory.mktemp("image"))
    return Image(dockerfile=dockerfile, python=python)


def test_every_module_of_an_image_can_be_imported(image: Image) -> None:
    done = image.python.run(["python", "-c", IMPORT_ALL, str(image.python.app)])
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_the_lock_that_an_image_installs_is_in_it(image: Image) -> None:
    text = (ROOT / image.dockerfile).read_text(encoding="utf-8")
    (installed,) = re.findall(r"pip install .* -r (\S+)", text)
    assert (image.python.root / installed.removeprefix("/")).resolve() == ROOT / LOCKS[image.dockerfile]


def test_an_image_explains_every_command(image: Image) -> None:
    make, entry = (LOADER, ["python", "-m", "producer"]) if "producer" in image.dockerfile else (SLUICE, ["sluice"])
    done = image.python.run([*entry, "--help"])
    assert done.stdout.startswith("usage: "), done.stderr
    done = image.python.run(["python", "-c", HELP_OF_ALL.format(make=make)])
    assert not done.returncode, done.stderr
    assert {"gps", "images"} <= {line.rpartition(" ")[2] for line in done.stdout.splitlines()}


def test_an_image_of_the_command_holds_the_files_of_its_pages(image: Image) -> None:
    pages = {path for folder in ("static", "templates") for path in (ROOT / "sluice").glob(f"**/{folder}/*")}
    assert {"console.js", "console.html.j2", "base.html.j2"} <= {path.name for path in pages}
    missing = {path for path in pages if not (image.python.app / path.relative_to(ROOT)).exists()}
    assert missing == (pages if "producer" in image.dockerfile else set())


def test_the_toolbox_serves_the_console(tmp_path: Path) -> None:
    files = copied(ROOT, ROOT / "infra/toolbox/Dockerfile")
    python = lay_out_image(files, lock=ROOT / "infra/toolbox/requirements.lock", root=tmp_path)
    done = python.run(["sluice", "console", "--until-stdin-ends"], env=NOWHERE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("http://127.0.0.1:")


def test_the_tests_of_the_pipeline_are_found_in_their_image(tmp_path: Path) -> None:
    python = lay_out_image(copied(ROOT, ROOT / TESTS), lock=ROOT / LOCKS[TESTS], root=tmp_path)
    words = ["--collect-only", "--quiet", "-p", "no:cacheprovider", "--rootdir", "../app", "../app/tests/pipeline"]
    done = python.run(["python", "-m", "pytest", *words])
    assert not done.returncode, done.stdout + done.stderr
    assert "tests/pipeline/test_load_gps.py" in done.stdout


@pytest.mark.parametrize(
    "words", [["status"], ["messages", "gps-fixes"], ["up"], ["down"], ["--target", "local", "status"]]
)
def test_the_toolbox_says_what_it_needs(words: list[str], tmp_path: Path) -> None:
    files = copied(ROOT, ROOT / "infra/toolbox/Dockerfile")
    python = lay_out_image(files, lock=ROOT / "infra/toolbox/requirements.lock", root=tmp_path)
    done = python.run(["sluice", *words])
    assert done.returncode == Exit.USAGE
    assert "Traceback" not in done.stderr
    local = words[-1] in ("up", "down") or "local" in words
    for word in ["no local pipeline", "--target external"] if local else VARIABLES:
        assert word in done.stderr


def test_the_guards_archive_holds_all_that_it_imports(tmp_path: Path) -> None:
    files = {PurePosixPath("/app") / name: path for name, path in source_files().items()}
    python = lay_out_image(files, lock=files[PurePosixPath("/app/requirements.txt")], root=tmp_path)
    done = python.run(["python", "-c", IMPORT_ALL, str(python.app)], env=ENV)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_maven_finds_every_module_in_its_image() -> None:
    names = copied(ROOT, ROOT / "connect/Dockerfile")
    here = PurePosixPath("/build")
    assert {here / ".mvn/maven.config", here / ".mvn/checksums/checksums.sha256"} <= names.keys()
    poms = {path for path in names if path.name == "pom.xml"}
    assert poms == {here / path.relative_to(ROOT) for path in (ROOT / "connect").rglob("pom.xml")}
    for pom in poms:
        text = names[pom].read_text(encoding="utf-8")
        for module in re.findall(r"<module>(.*?)</module>", text):
            assert pom.parent / module / "pom.xml" in poms
    sources = {here / path.relative_to(ROOT) for path in ROOT.glob("connect/*/src/main/**/*") if path.is_file()}
    assert sources <= names.keys()


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_images_tag_changes_with_every_file_in_it(name: str) -> None:
    dockerfile = ROOT / DOCKERFILES[name]
    tagged = set(own_image_files(name))
    assert set(copied(ROOT, dockerfile).values()) <= tagged
    assert {dockerfile, dockerfile.with_name("Dockerfile.dockerignore")} <= tagged


def test_each_dockerfile_is_held_to_this() -> None:
    built = {str(path.relative_to(ROOT)) for path in ROOT.rglob("Dockerfile") if ".venv" not in path.parts}
    assert built == {*LOCKS, "connect/Dockerfile"}
    assert built == {*DOCKERFILES.values(), TESTS}


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        (["*"], "a/b.py", False),
        (["*", "!a/*.py"], "a/b.py", True),
        (["*", "!a/*.py"], "a/b/c.py", False),
        (["*", "!a/**/*.py"], "a/b.py", True),
        (["*", "!a/**/*.py"], "a/b/c/d.py", True),
        (["*", "!a"], "a/b/c.py", True),
        (["*", "!a", "a/b"], "a/b/c.py", False),
        (["*", "!a/b.py", "a/*.py"], "a/b.py", False),
        (["**/x"], "a/x/b", False),
        (["**/x"], "x/b", False),
        (["/a"], "b/a", True),
        (["a/?.py"], "a/bc.py", True),
        (["a/**"], "a/b/c", False),
        ([], "a", True),
    ],
)
def test_a_dockerignore_is_read_as_docker_reads_it(lines: list[str], path: str, expected: bool) -> None:
    assert is_in_context(PurePosixPath(path), [Pattern.parse(line) for line in lines]) is expected


def test_a_copy_of_nothing_fails_as_the_build_does(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY gone/ /app/\n", encoding="utf-8")
    (tmp_path / "Dockerfile.dockerignore").write_text("", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    with pytest.raises(BuildError, match="COPY gone"):
        copied(tmp_path, tmp_path / "Dockerfile")
