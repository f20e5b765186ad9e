"""Our images: built, pushed, and referred to by digest."""

import json

import pytest

from infra.settings.container_images import DOCKERFILES
from tests.unit.infra.gcp.conftest import DIGEST, EVERYTHING, TOKEN, cloud, only
from tests.unit.infra.recording_monitor import Made, Secret, walk

pytestmark = pytest.mark.slow


def test_images_are_built_pushed_and_referred_to_by_digest(made: list[Made]) -> None:
    images = {entry.name: entry for entry in made if entry.type == "docker-build:index:Image"}
    assert images.keys() == DOCKERFILES.keys()
    for name, image in images.items():
        assert image.plain["push"] is True
        assert image.plain["platforms"] == ["linux/amd64"]
        (tag,) = image.plain["tags"]
        assert tag.startswith(f"us-central1-docker.pkg.dev/my-lab/sluice-images/{name}:")
    used = [value for entry in made for path, value in walk(entry.inputs) if path[-1:] == ("image",)]
    ours = {value for value in used if isinstance(value, str) and "/my-lab/" in value}
    assert {image.rpartition("/")[2].partition(":")[0] for image in ours} == DOCKERFILES.keys()
    assert all(image.endswith(f"@{DIGEST}") for image in ours)


def test_an_image_override_is_used() -> None:
    made = cloud({**EVERYTHING, "images.connect": "r.example.com/mine/connect:1"})
    assert only(made, "KafkaConnect").plain["spec"]["image"] == "r.example.com/mine/connect:1"


def test_login_of_the_registry_is_secret(made: list[Made]) -> None:
    for entry in made:
        for path, value in walk(entry.inputs):
            if isinstance(value, str):
                assert TOKEN not in value, (entry.name, path)
    image = next(entry for entry in made if entry.type == "docker-build:index:Image")
    assert any(isinstance(value, Secret) for _, value in walk(image.inputs))
    assert TOKEN in json.dumps(image.plain)
