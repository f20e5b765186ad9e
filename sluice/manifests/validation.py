"""Validates an object of k8s/ against the schema of its kind."""

from collections.abc import Iterator
from difflib import get_close_matches

import yaml

from sluice.manifests.object_schemas import REQUIRED_FIELDS, ObjectSchema, schemas_by_kind
from sluice.manifests.yaml_documents import Document

_TAG = "tag:yaml.org,2002:"
_TYPES = {
    "string": ("str",),
    "integer": ("int",),
    "number": ("int", "float"),
    "boolean": ("bool",),
    "object": ("map",),
    "array": ("seq",),
}
_TYPE_NAMES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "map": "a mapping",
    "seq": "a list",
    "timestamp": "a date",
}
_SETTING_TYPES = ("str", "int", "float", "bool")
_FIELDS_OF_SETTINGS = {
    "name": "metadata.name",
    "connector.class": "spec.class",
    "tasks.max": "spec.tasksMax",
    "connector.plugin.version": "spec.version",
}
"""By setting of a connector: the field of a KafkaConnector that replaces it."""
_LONGEST_NAME = 60


def find_mistakes(document: Document) -> Iterator[str]:
    """Yield a sentence for each mistake in an object, with file, line and field."""
    known = schemas_by_kind().get(document.kind)
    if known is None:
        yield f"{document.location(_field(document.node, 'kind'))}: {_unknown_kind(document.kind)}"
        return
    version, schema = known
    for node, sentence in _object_mistakes(document, version, schema):
        yield f"{document.location(node)}: {sentence}"


Mistakes = Iterator[tuple[yaml.Node, str]]


def _object_mistakes(document: Document, version: str, schema: ObjectSchema) -> Mistakes:
    api_version = document.value.get("apiVersion")
    if api_version is not None and api_version != version:
        yield _field(document.node, "apiVersion"), f"apiVersion is {api_version}; of a {document.kind} it is {version}"
    mistakes = list(_check_node(document.node, schema, ""))
    yield from mistakes
    if not mistakes:
        yield from _missing_fields(document)
        yield from _misplaced_settings(document)


def _unknown_kind(kind: str) -> str:
    if not kind:
        return "this object has no kind"
    return f"the kind {kind} is not supported{_suggestion(kind, list(schemas_by_kind()))}"


def _suggestion(name: str, names: list[str]) -> str:
    close = get_close_matches(name[:_LONGEST_NAME], names, n=1)  # its time grows with the square of the length
    return f"; is {close[0]} meant?" if close else f"; it takes {', '.join(sorted(names))}"


def _check_node(node: yaml.Node, schema: ObjectSchema, path: str) -> Mistakes:
    kind = node.tag.removeprefix(_TAG)
    expected = _TYPES.get(schema.get("type", ""))
    if expected and kind not in expected:
        takes = f"it takes {_TYPE_NAMES[expected[-1]]}{_quoting_hint(node, kind, expected)}"
        yield node, f"{path or 'this'} {_actual_text(node, kind)}; {takes}"
    elif isinstance(node, yaml.MappingNode):
        yield from _check_mapping(node, schema, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            yield from _check_node(entry, schema.get("items", {}), f"{path}[{number}]")
    elif isinstance(node, yaml.ScalarNode):
        yield from _check_scalar(node, schema, path)


def _actual_text(node: yaml.Node, kind: str) -> str:
    if kind == "null":
        return "is empty"
    shown = f"{node.value}, " if isinstance(node, yaml.ScalarNode) else ""
    return f"is {shown}{_TYPE_NAMES.get(kind, kind)}"


def _quoting_hint(node: yaml.Node, kind: str, expected: tuple[str, ...]) -> str:
    scalar = isinstance(node, yaml.ScalarNode) and kind != "null"
    return f': write "{node.value}"' if scalar and expected == ("str",) else ""


def _check_mapping(node: yaml.MappingNode, schema: ObjectSchema, path: str) -> Mistakes:
    unknown = list(_unknown_fields(node, schema, path))
    yield from unknown
    fields = schema.get("properties", {})
    for key, value in node.value:
        name = str(key.value)
        inner = f"{path}.{name}".lstrip(".")
        if name in fields or "values" in schema:
            yield from _check_node(value, fields.get(name) or schema["values"], inner)
        elif path.endswith("config"):
            yield from _check_setting(value, inner)
    present = {str(key.value) for key, _ in node.value}
    for name in schema.get("required", ()):
        if name not in present and not unknown:  # a misspelt field would be missing too: report it once
            yield node, f"{path}.{name}".lstrip(".") + " is missing"


def _unknown_fields(node: yaml.MappingNode, schema: ObjectSchema, path: str) -> Mistakes:
    fields = schema.get("properties")
    if fields is not None and "values" not in schema:
        for key, _ in node.value:
            if key.value not in fields:
                name = f"{path}.{key.value}".lstrip(".")
                yield key, f"{name}: there is no such field{_suggestion(str(key.value), list(fields))}"


def _check_setting(value: yaml.Node, path: str) -> Mistakes:
    kind = value.tag.removeprefix(_TAG)
    if kind not in _SETTING_TYPES:
        yield value, f"{path} {_actual_text(value, kind)}; a setting is text, a number, true or false"


def _check_scalar(node: yaml.ScalarNode, schema: ObjectSchema, path: str) -> Mistakes:
    choices = schema.get("enum")
    if choices and node.value not in choices:
        yield node, f"{path} is {node.value}{_suggestion(node.value, list(choices))}"
    if "minimum" in schema and yaml.safe_load(node.value) < schema["minimum"]:
        yield node, f"{path} is {node.value}; it is {schema['minimum']} at least"


def _missing_fields(document: Document) -> Mistakes:
    for path in REQUIRED_FIELDS.get(document.kind, ()):
        node: yaml.Node = document.node
        for name in path.split("."):
            inner = _field(node, name)
            if inner is node:
                yield node, f"{path} is missing"
                break
            node = inner


def _misplaced_settings(document: Document) -> Mistakes:
    if document.kind == "KafkaConnector":
        config = _field(_field(document.node, "spec"), "config")
        for key, _ in config.value:
            if key.value in _FIELDS_OF_SETTINGS:
                yield key, f"spec.config.{key.value} has a field of its own: set {_FIELDS_OF_SETTINGS[key.value]}"


def _field(node: yaml.Node, name: str) -> yaml.Node:
    """Return the node of a field; `node` itself where it has no such field."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == name), node)
    return node
