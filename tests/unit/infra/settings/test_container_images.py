"""Names and tags of the container images."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from infra.settings.container_images import Images, own_image
from infra.settings.declared_settings import ROOT
from infra.settings.versions import BUILD_IMAGES, IMAGES, OWN_IMAGES
from sluice.local.maven import MAVEN_VERSION

EVERY = pytest.mark.parametrize("name", [*IMAGES, *OWN_IMAGES])


@EVERY
def test_image_is_pinned(name: str) -> None:
    image = Images(registry=None, overrides={})[name]
    assert re.fullmatch(r"[a-z0-9.]+\.[a-z]+/[a-z0-9/-]+:[\w.-]+(@sha256:[0-9a-f]{64})?", image)
    assert not image.endswith(":latest")


@EVERY
def test_own_registry_holds_every_image_under_its_path(name: str) -> None:
    public = Images(registry=None, overrides={})[name]
    assert Images(registry="r.example.com/hub", overrides={})[name] == f"r.example.com/hub/{public.partition('/')[2]}"


@EVERY
def test_override_is_taken_as_it_is(name: str) -> None:
    assert Images(registry="r.example.com", overrides={name: "mine:1"})[name] == "mine:1"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("connect", "connect/pom.xml"),
        ("connect", ".mvn/checksums/checksums.sha256"),
        ("loader", "producer/runtime/exit_status.py"),
        ("toolbox", "sluice/cli.py"),
        ("toolbox", "infra/toolbox/sluice"),
    ],
)
def test_tag_changes_with_what_the_image_is_built_from(name: str, file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("before")
    before = own_image(name, root=tmp_path)
    (tmp_path / "README.md").write_text("is in no image")
    assert own_image(name, root=tmp_path) == before
    path.write_text("after")
    assert own_image(name, root=tmp_path) != before


def test_tag_does_not_depend_on_what_python_left_behind(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sluice/proof", tmp_path / "sluice/proof", ignore=shutil.ignore_patterns("__pycache__"))
    before = own_image("toolbox", root=tmp_path)
    (tmp_path / "sluice/proof/__pycache__").mkdir()
    (tmp_path / "sluice/proof/__pycache__/x.pyc").write_bytes(b"\0")
    assert own_image("toolbox", root=tmp_path) == before


def test_dockerfiles_build_from_the_images_that_are_pinned() -> None:
    connect = (ROOT / "connect/Dockerfile").read_text()
    assert f"ARG KAFKA_IMAGE={IMAGES['kafka']}\n" in connect
    assert f"ARG MAVEN_IMAGE={BUILD_IMAGES['maven']}\n" in connect
    for path in ("producer/Dockerfile", "infra/toolbox/Dockerfile"):
        assert f"FROM {BUILD_IMAGES['python']}\n" in (ROOT / path).read_text()


def test_image_is_built_with_the_maven_of_the_local_pipeline() -> None:
    assert BUILD_IMAGES["maven"].startswith(f"maven:{MAVEN_VERSION}-")


def test_every_package_of_the_toolbox_is_the_pinned_one() -> None:
    pinned = dict(pin for path in ROOT.glob("requirements*.lock") for pin in _pins(path))
    toolbox = dict(_pins(ROOT / "infra/toolbox/requirements.lock"))
    assert {"confluent-kafka", "matplotlib", "pymysql", "redis"} <= toolbox.keys()
    assert toolbox.items() <= pinned.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = (*project["dependencies"], *project["optional-dependencies"]["proof"])
    assert {re.split(r"[\[<>=]", name)[0] for name in wanted} <= toolbox.keys()


def test_toolbox_has_all_that_the_command_is_made_of(tmp_path: Path) -> None:
    for words in re.findall(r"^COPY (.*) /app/\S*$", (ROOT / "infra/toolbox/Dockerfile").read_text(), re.MULTILINE):
        for name in words.split():
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, tmp_path / name)
            elif name.endswith(".py"):
                shutil.copy(ROOT / name, tmp_path / name)
    elsewhere = f"import sys; sys.path = [{str(tmp_path)!r}, *(p for p in sys.path if p not in ('', {str(ROOT)!r}))]"
    code = f"{elsewhere}\nfrom sluice import cli\nassert cli.__file__.startswith({str(tmp_path)!r})\ncli.parser()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _pins(path: Path) -> list[tuple[str, str]]:
    return re.findall(r"^([a-z0-9-]+)(?:\[[a-z]+\])?==(\S+)", path.read_text(), re.MULTILINE)
