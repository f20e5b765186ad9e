"""Whether an object is what its kind says."""

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
_CALLED = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "map": "a mapping",
    "seq": "a list",
    "timestamp": "a date",
}
_SETTING = ("str", "int", "float", "bool")
_OWN_FIELDS = {
    "name": "metadata.name",
    "connector.class": "spec.class",
    "tasks.max": "spec.tasksMax",
    "connector.plugin.version": "spec.version",
}
"""Settings of a connector that its object has fields for."""


def find_mistakes(document: Document) -> Iterator[str]:
    """A sentence for each mistake in an object, with its file, line and field."""
    known = schemas_by_kind().get(document.kind)
    if known is None:
        yield f"{document.location(_field(document.node, 'kind'))}: {_unknown_kind(document.kind)}"
        return
    version, shape = known
    for node, sentence in _object_mistakes(document, version, shape):
        yield f"{document.location(node)}: {sentence}"


Found = Iterator[tuple[yaml.Node, str]]


def _object_mistakes(document: Document, version: str, shape: ObjectSchema) -> Found:
    found = document.value.get("apiVersion")
    if found is not None and found != version:
        yield _field(document.node, "apiVersion"), f"apiVersion is {found}; of a {document.kind} it is {version}"
    known = list(_differences(document.node, shape, ""))
    yield from known
    if not known:
        yield from _missing(document)
        yield from _settings_of_a_connector(document)


def _unknown_kind(kind: str) -> str:
    if not kind:
        return "this object has no kind"
    return f"nothing here reads the kind {kind}{_instead(kind, list(schemas_by_kind()))}"


def _instead(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f"; is {close[0]} meant?" if close else f"; it takes {', '.join(sorted(names))}"


def _differences(node: yaml.Node, shape: ObjectSchema, path: str) -> Found:
    kind = node.tag.removeprefix(_TAG)
    wanted = _TYPES.get(shape.get("type", ""))
    if wanted and kind not in wanted:
        yield node, f"{path or 'this'} {_is(node, kind)}; it takes {_CALLED[wanted[-1]]}{_quoted(node, kind, wanted)}"
    elif isinstance(node, yaml.MappingNode):
        yield from _in_mapping(node, shape, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            yield from _differences(entry, shape.get("items", {}), f"{path}[{number}]")
    elif isinstance(node, yaml.ScalarNode):
        yield from _in_scalar(node, shape, path)


def _is(node: yaml.Node, kind: str) -> str:
    if kind == "null":
        return "is empty"
    shown = f"{node.value}, " if isinstance(node, yaml.ScalarNode) else ""
    return f"is {shown}{_CALLED.get(kind, kind)}"


def _quoted(node: yaml.Node, kind: str, wanted: tuple[str, ...]) -> str:
    scalar = isinstance(node, yaml.ScalarNode) and kind != "null"
    return f': write "{node.value}"' if scalar and wanted == ("str",) else ""


def _in_mapping(node: yaml.MappingNode, shape: ObjectSchema, path: str) -> Found:
    unknown = list(_unknown_fields(node, shape, path))
    yield from unknown
    fields = shape.get("properties", {})
    for key, value in node.value:
        name = str(key.value)
        inner = f"{path}.{name}".lstrip(".")
        if name in fields or "values" in shape:
            yield from _differences(value, fields.get(name) or shape["values"], inner)
        elif path.endswith("config"):
            yield from _in_setting(value, inner)
    present = {str(key.value) for key, _ in node.value}
    for name in shape.get("required", ()):
        if name not in present and not unknown:  # what is misspelt is missing too: said once
            yield node, f"{path}.{name}".lstrip(".") + " is missing"


def _unknown_fields(node: yaml.MappingNode, shape: ObjectSchema, path: str) -> Found:
    fields = shape.get("properties")
    if fields is not None and "values" not in shape:
        for key, _ in node.value:
            if key.value not in fields:
                name = f"{path}.{key.value}".lstrip(".")
                yield key, f"{name}: there is no such field{_instead(str(key.value), list(fields))}"


def _in_setting(value: yaml.Node, path: str) -> Found:
    kind = value.tag.removeprefix(_TAG)
    if kind not in _SETTING:
        yield value, f"{path} {_is(value, kind)}; a setting is text, a number, true or false"


def _in_scalar(node: yaml.ScalarNode, shape: ObjectSchema, path: str) -> Found:
    choices = shape.get("enum")
    if choices and node.value not in choices:
        yield node, f"{path} is {node.value}{_instead(node.value, list(choices))}"
    if "minimum" in shape and yaml.safe_load(node.value) < shape["minimum"]:
        yield node, f"{path} is {node.value}; it is {shape['minimum']} at least"


def _missing(document: Document) -> Found:
    for path in REQUIRED_FIELDS.get(document.kind, ()):
        node: yaml.Node = document.node
        for name in path.split("."):
            inner = _field(node, name)
            if inner is node:
                yield node, f"{path} is missing"
                break
            node = inner


def _settings_of_a_connector(document: Document) -> Found:
    if document.kind == "KafkaConnector":
        config = _field(_field(document.node, "spec"), "config")
        for key, _ in config.value:
            if key.value in _OWN_FIELDS:
                yield key, f"spec.config.{key.value} is said by {_OWN_FIELDS[key.value]}, and only there"


def _field(node: yaml.Node, name: str) -> yaml.Node:
    """The value of a field; the node itself where it has no such field."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == name), node)
    return node
