"""Writes sluice/manifests/strimzi.json from Strimzi's CRDs: `python -m tests.cluster.strimzi_schemas`."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from sluice.manifests.object_schemas import STRIMZI_FILE
from tests.cluster.definitions import strimzi_definitions

_KINDS = ("Kafka", "KafkaConnect", "KafkaConnector", "KafkaNodePool", "KafkaTopic", "KafkaUser")
_KEPT = ("type", "enum", "required", "minimum")
_DEPTH = 4
"""Levels of fields below `spec` that are kept; deeper ones are Kubernetes' own, such as affinities."""


def schemas_of(definitions: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the reduced schema of each kind's spec."""
    specs = {}
    for definition in definitions:
        kind = definition["spec"]["names"]["kind"]
        if kind in _KINDS:
            schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            specs[kind] = _schema(schema["properties"]["spec"], depth=_DEPTH)
    return specs


def _schema(schema: dict[str, Any], *, depth: int) -> dict[str, Any]:
    shape = {name: schema[name] for name in _KEPT if name in schema}
    values = schema.get("additionalProperties")
    inner = {"properties", "additionalProperties", "items"} & schema.keys()
    if schema.get("x-kubernetes-preserve-unknown-fields") or (inner and depth == 0):
        return {name: value for name, value in shape.items() if name != "required"} | {"open": True}
    if "properties" in schema:
        shape["properties"] = {name: _schema(field, depth=depth - 1) for name, field in schema["properties"].items()}
    if isinstance(values, dict):
        shape["values"] = _schema(values, depth=depth - 1)
    if "items" in schema:
        shape["items"] = _schema(schema["items"], depth=depth)
    return shape


def text(specs: dict[str, Any]) -> str:
    """Return the text of the file: one line for each kind."""
    lines = (f"{json.dumps(kind)}: {json.dumps(specs[kind], sort_keys=True)}" for kind in sorted(specs))
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    definitions = strimzi_definitions(env=os.environ, say=lambda line: print(line, file=sys.stderr))
    STRIMZI_FILE.write_text(text(schemas_of(definitions)), encoding="utf-8")
