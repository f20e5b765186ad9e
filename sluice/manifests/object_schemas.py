"""Schemas of the kinds of object in k8s/: Strimzi's CRDs, reduced to names, types and enums (strimzi.json).

`python -m tests.cluster.strimzi_schemas` writes that file after a change of Strimzi's version; a test compares it with
Strimzi's definitions.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

STRIMZI_FILE = Path(__file__).with_name("strimzi.json")
STRIMZI = "kafka.strimzi.io/v1"

ObjectSchema = Mapping[str, Any]
"""A reduced JSON schema: `type`, `enum`, `minimum`, `required`, `properties`, `items`; `values` is its
additionalProperties; `open`: any content is valid."""

_TEXT: ObjectSchema = {"type": "string"}
_TEXTS: ObjectSchema = {"type": "object", "values": _TEXT}
_METADATA: ObjectSchema = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": _TEXT, "namespace": _TEXT, "labels": _TEXTS, "annotations": _TEXTS},
}
_HEAD: Mapping[str, ObjectSchema] = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA}
_CONFIG_MAP: ObjectSchema = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "data"],
    "properties": {**_HEAD, "data": _TEXTS},
}
_OTHER_KINDS: Mapping[str, tuple[str, ObjectSchema]] = {
    "ConfigMap": ("v1", _CONFIG_MAP),
    # The configuration of kind itself, which validates it.
    "Cluster": ("kind.x-k8s.io/v1alpha4", {"type": "object", "open": True}),
}
REQUIRED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Kafka": ("spec.kafka.version", "spec.kafka.config"),
    "KafkaConnect": ("spec.config", "spec.jvmOptions.-Xmx"),
    "KafkaConnector": ("spec.class", "spec.tasksMax", "spec.config"),
    "KafkaTopic": ("spec.partitions", "spec.replicas"),
    "KafkaUser": ("spec.authentication", "spec.authorization"),
}
"""By kind: fields that are optional for Strimzi, but that Sluice reads."""


@cache
def schemas_by_kind() -> Mapping[str, tuple[str, ObjectSchema]]:
    """Return the apiVersion and the schema of the whole object, by kind."""
    specs: dict[str, ObjectSchema] = json.loads(STRIMZI_FILE.read_text(encoding="utf-8"))
    return {**{kind: (STRIMZI, _object(spec)) for kind, spec in specs.items()}, **_OTHER_KINDS}


def _object(spec: ObjectSchema) -> ObjectSchema:
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {**_HEAD, "spec": spec},
    }
