"""strimzi.json, against which k8s/ is validated, agrees with the CRDs of Strimzi's release."""

import os

from sluice.manifests.object_schemas import STRIMZI_FILE
from tests.cluster.definitions import strimzi_definitions
from tests.cluster.strimzi_schemas import schemas_of, text


def test_schemas_are_those_of_strimzi_s_definitions() -> None:
    definitions = strimzi_definitions(env=os.environ, say=lambda _: None)
    assert STRIMZI_FILE.read_text(encoding="utf-8") == text(schemas_of(definitions)), (
        "run python -m tests.cluster.strimzi_schemas"
    )
