"""Every container's image is pinned, and can come from another registry."""

from collections.abc import Iterator

from infra.settings.container_images import Images
from infra.settings.versions import IMAGES, OWN_IMAGES
from tests.unit.infra.conftest import everything
from tests.unit.infra.created_objects import containers
from tests.unit.infra.recording_monitor import Made, walk

PULLED = Images(registry=None, overrides={})


def test_images_are_those_of_versions_py(made: list[Made]) -> None:
    allowed = {PULLED[name] for name in (*IMAGES, *OWN_IMAGES)}
    found = set(_images(made))
    assert found == allowed
    for _, container in containers(made):
        assert container["imagePullPolicy"] == "IfNotPresent"


def test_every_image_comes_from_a_registry_of_ones_own() -> None:
    made = everything(**{"images.registry": "r.example.com/hub"})
    assert {image.partition("/strimzi")[0].partition("/hub")[0] for image in _images(made)} == {"r.example.com"}


def test_every_image_can_be_replaced() -> None:
    mine = {name: f"r.example.com/mine/{name}:1" for name in (*IMAGES, *OWN_IMAGES)}
    made = everything(**{f"images.{name}": image for name, image in mine.items()})
    assert set(_images(made)) == set(mine.values())


def _images(made: list[Made]) -> Iterator[str]:
    for entry in made:
        if entry.kind == "Release":
            values = entry.plain["values"]
            yield (
                "/".join((values["defaultImageRegistry"], values["defaultImageRepository"], values["image"]["name"]))
                + f":{values['defaultImageTag']}"
            )
        elif entry.type.startswith("kubernetes:"):
            yield from (value for path, value in walk(entry.plain) if path[-1:] == ("image",))
