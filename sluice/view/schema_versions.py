"""All versions of the schemas that the registry has for a topic, and what changed from each to the next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view.http_client import UnavailableError, get_json
from sluice.view.protobuf_text import ProtobufSyntaxError, parse_proto

_PART = "the schema registry"
_DEPTH = 20
"""Levels of records whose fields are compared."""


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """A field that a version has added, removed or changed; descriptions as in `fields_of`."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class SchemaVersion:
    """A version of a subject."""

    version: int
    identity: int
    kind: str
    """AVRO, PROTOBUF or JSON."""
    text: str
    """As the registry has it; JSON with one field a line."""
    changes: tuple[FieldChange, ...] | None
    """Since the version before; None for the first, and where the fields of one of them cannot be read."""


def fetch_schema_versions(registry: RestEndpoint, topic: str) -> dict[str, tuple[SchemaVersion, ...]]:
    """Return the versions, oldest first, of the subjects of a topic's keys and values, of those that exist.

    Raises UnavailableError if the registry does not answer.
    """
    found: dict[str, tuple[SchemaVersion, ...]] = {}
    for subject in (f"{topic}-key", f"{topic}-value"):
        path = f"/subjects/{quote(subject, safe='')}/versions"
        try:
            numbers: list[int] = get_json(registry, path, part=_PART)
        except UnavailableError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                continue
            raise
        answers = [get_json(registry, f"{path}/{number}", part=_PART) for number in sorted(numbers)]
        found[subject] = compare_versions(answers)
    return found


def compare_versions(answers: list[Mapping[str, Any]]) -> tuple[SchemaVersion, ...]:
    """Return the versions that the registry answers, each compared with the one before."""
    versions: list[SchemaVersion] = []
    before: Mapping[str, str] | None = None
    for answer in answers:
        kind, text = answer.get("schemaType", "AVRO"), str(answer["schema"])
        fields = fields_of(text, kind)
        versions.append(
            SchemaVersion(
                version=int(answer["version"]),
                identity=int(answer["id"]),
                kind=kind,
                text=_readable(text),
                changes=None if before is None or fields is None else _changes(before, fields),
            )
        )
        before = fields
    return tuple(versions)


def fields_of(text: str, kind: str) -> dict[str, str] | None:
    """Return the fields of a schema by their full names, and type and default of each in words.

    None if they cannot be read.
    """
    fields: dict[str, str] = {}
    try:
        if kind == "AVRO":
            _add_avro(json.loads(text), "", fields, _DEPTH)
        elif kind == "PROTOBUF":
            for message in parse_proto(text, name="schema.proto").message_type:
                _add_protobuf(message, message.name, fields, _DEPTH)
        else:
            return None
    except (ProtobufSyntaxError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return fields


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name=name, before=before.get(name), after=after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    )


def _add_avro(schema: Any, path: str, fields: dict[str, str], depth: int) -> None:
    """Add the fields of the records in a schema."""
    if depth == 0:
        return
    if isinstance(schema, list):
        for branch in schema:
            _add_avro(branch, path, fields, depth - 1)
    elif isinstance(schema, dict) and schema.get("type") in ("record", "error"):
        for field in schema["fields"]:
            name = f"{path}.{field['name']}" if path else str(field["name"])
            default = f" = {json.dumps(field['default'])}" if "default" in field else ""
            fields[name] = _avro_type(field["type"]) + default
            _add_avro(field["type"], name, fields, depth - 1)
    elif isinstance(schema, dict):
        for part in (schema["type"], schema.get("items"), schema.get("values")):
            if isinstance(part, dict | list):
                _add_avro(part, path, fields, depth - 1)


def _avro_type(schema: Any) -> str:
    """Return a type in words: `long (timestamp-micros)`, `null or double`."""
    if isinstance(schema, list):
        return " or ".join(_avro_type(branch) for branch in schema)
    if not isinstance(schema, dict):
        return str(schema)
    kind = schema["type"]
    meaning = schema.get("logicalType") or schema.get("connect.name")
    match kind:
        case "array":
            text = f"array of {_avro_type(schema['items'])}"
        case "map":
            text = f"map of {_avro_type(schema['values'])}"
        case "enum":
            text = f"enum of {', '.join(map(str, schema['symbols']))}"
        case "fixed":
            text = f"fixed of {schema['size']} bytes"
        case "record" | "error":
            return f"record {schema['name']}"
        case _:
            text = _avro_type(kind)
    return f"{text} ({meaning})" if meaning else text


def _add_protobuf(message: Any, path: str, fields: dict[str, str], depth: int) -> None:
    if depth == 0:
        return
    for field in message.field:
        kind = field.type_name.lstrip(".") or field.Type.Name(field.type).removeprefix("TYPE_").lower()
        label = "repeated " if field.label == field.LABEL_REPEATED else ""
        presence = "optional " if field.proto3_optional else ""
        fields[f"{path}.{field.name}"] = f"{label}{presence}{kind}, number {field.number}"
    for nested in message.nested_type:
        _add_protobuf(nested, f"{path}.{nested.name}", fields, depth - 1)


def _readable(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
