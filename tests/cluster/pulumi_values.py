"""Encoding of values between Pulumi's engine and providers: JSON, with marks for secret and unknown values."""

import hashlib
from collections.abc import Generator
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.rpc import UNKNOWN

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_MISSING = object()


def decoded(struct: Struct) -> dict[str, Any]:
    """Return a struct as a dict, with secrets still marked; whole numbers become int, as Kubernetes expects."""
    return {name: _decoded(value) for name, value in struct.fields.items()}


def _decoded(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return decoded(value.struct_value)
        case "list_value":
            return [_decoded(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def encoded(value: dict[str, Any]) -> Struct:
    """Return a dict as a struct."""
    return ParseDict(value, Struct())


def secret(value: Any) -> dict[str, Any]:
    """Return a value marked as secret: the engine encrypts it in the state and does not display it."""
    return {_SIGNATURE: _SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Return whether a value is marked as secret."""
    return isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET


def plain(value: Any) -> Any:
    """Return a value without marks of secrecy and without null fields, which Kubernetes ignores."""
    if is_secret(value):
        return plain(value["value"])
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def marked_like(live: Any, given: Any) -> Any:
    """Return `live` with the marks of `given`, plus the fields that only `given` has."""
    if is_secret(given):
        return secret(live)
    if isinstance(live, dict) and isinstance(given, dict):
        kept = {name: item for name, item in given.items() if name not in live and item is not None}
        return kept | {name: marked_like(item, given.get(name)) for name, item in live.items()}
    if isinstance(live, list) and isinstance(given, list) and len(live) == len(given):
        return [marked_like(*pair) for pair in zip(live, given, strict=True)]
    return live


def restricted_to(live: Any, given: Any) -> Any:
    """Return the fields of `given` with their values in `live`, without those that `live` lacks."""
    if is_secret(given):
        return secret(restricted_to(live, given["value"]))
    if isinstance(live, dict) and isinstance(given, dict):
        return {name: restricted_to(live[name], item) for name, item in given.items() if name in live}
    if isinstance(live, list) and isinstance(given, list) and len(live) == len(given):
        return [restricted_to(*pair) for pair in zip(live, given, strict=True)]
    return live


def differences(old: Any, new: Any, path: str = "") -> Generator[tuple[str, str]]:
    """Yield each path that differs, in Pulumi's syntax (`a.b[0]`), with add, delete or update."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from differences(old.get(name, _MISSING), new.get(name, _MISSING), _joined(path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from differences(_item(old, index), _item(new, index), f"{path}[{index}]")
    elif old is _MISSING or new is _MISSING:
        yield path, "add" if old is _MISSING else "delete"
    elif old != new:
        yield path, "update"


def _joined(path: str, name: str) -> str:
    if not name.replace("_", "").replace("-", "").isalnum():
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def _item(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else _MISSING


def has_unknown(value: Any) -> bool:
    """Return whether a part of the value is unknown until another resource is created."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value == UNKNOWN


def suffix(seed: bytes) -> str:
    """Return the random suffix of a resource's name: eight hexadecimal digits derived from the engine's seed."""
    return hashlib.sha256(seed).hexdigest()[:8]
