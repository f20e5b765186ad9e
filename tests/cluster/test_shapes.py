"""What k8s/ is checked against on a person's machine is what Strimzi's release says."""

import os

from sluice.manifests.object_schemas import FILE
from tests.cluster.definitions import strimzi_definitions
from tests.cluster.shapes import shapes_of, text


def test_shapes_are_those_of_strimzi_s_definitions() -> None:
    definitions = strimzi_definitions(env=os.environ, say=lambda _: None)
    assert FILE.read_text(encoding="utf-8") == text(shapes_of(definitions)), "run python -m tests.cluster.shapes"
