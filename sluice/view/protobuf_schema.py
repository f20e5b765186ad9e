"""Decodes Protobuf messages, in Confluent's wire format, to the values that the record decoder shows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from sluice.view.protobuf_text import ProtobufSyntaxError, parse_proto

_WELL_KNOWN = "google/protobuf/"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS = 1000
_WRAPPERS = frozenset(
    f"google.protobuf.{name}Value"
    for name in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)


class ProtobufSchema:
    """A schema of the registry, with those that it imports."""

    def __init__(self, text: str, imported: Mapping[str, str]) -> None:
        """Parse the schema; `imported` are the texts by name. Raises ProtobufSyntaxError, or TypeError for a type."""
        self._pool = DescriptorPool()
        self._imported = imported
        self._added: set[str] = set()
        self._file = self._add("", text)

    def decode(self, data: bytes) -> Any:
        """Decode what follows the schema's id: which message it is, and the message. Raises ValueError."""
        path, at = _read_indexes(data)
        try:
            kind: Any = list(self._file.message_types_by_name.values())[path[0]]
            for index in path[1:]:
                kind = kind.nested_types[index]
            return _message_value(GetMessageClass(kind).FromString(data[at:]))
        except (IndexError, DecodeError) as error:
            raise ValueError(str(error)) from error

    def _add(self, name: str, text: str) -> Any:
        """Add a file to the pool, after those that it imports."""
        file = parse_proto(text, name=name or "schema.proto")
        self._added.add(name)
        for imported in file.dependency:
            if imported in self._added:
                continue
            if imported in self._imported:
                self._add(imported, self._imported[imported])
            else:
                self._add_well_known(imported)
        self._pool.AddSerializedFile(file.SerializeToString())
        return self._pool.FindFileByName(file.name)

    def _add_well_known(self, name: str) -> None:
        """Add a file that comes with Protobuf itself."""
        if not name.startswith(_WELL_KNOWN):
            raise ProtobufSyntaxError(f"it imports {name}, which the registry does not say")
        try:
            module = import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
        except ImportError:
            raise ProtobufSyntaxError(f"it imports {name}, which is unknown") from None
        self._added.add(name)
        for needed in module.DESCRIPTOR.dependencies:
            if needed.name not in self._added:
                self._add_well_known(needed.name)
        self._pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)


def _read_indexes(data: bytes) -> tuple[list[int], int]:
    """Return the path to the message in its file, and where the message begins. One zero byte is the first message."""
    count, at = _read_varint(data, 0)
    if count > len(data):
        raise ValueError("more indexes than bytes")
    path: list[int] = []
    for _ in range(count):
        index, at = _read_varint(data, at)
        path.append(index)
    return path or [0], at


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a zigzag varint that is not negative, and where it ends."""
    number = shift = 0
    while at < len(data):
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 — the last one
            if number & 1:
                break
            return number >> 1, at
    raise ValueError("no index")


def _message_value(message: Message) -> Any:
    """Return a message as a dict with all fields; one that has no value and could have none is None."""
    kind = message.DESCRIPTOR.full_name
    values = {field.name: _field_value(message, field) for field in message.DESCRIPTOR.fields}
    if kind == "google.protobuf.Timestamp":
        return _time(values["seconds"], values["nanos"])
    return values["value"] if kind in _WRAPPERS else values


def _field_value(message: Message, field: Any) -> Any:
    if field.has_presence and not message.HasField(field.name):
        return None
    value = getattr(message, field.name)
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        of_value = entry.fields_by_name["value"]
        return {str(key): _single_value(value[key], of_value) for key in value}
    return [_single_value(one, field) for one in value] if field.is_repeated else _single_value(value, field)


def _single_value(value: Any, field: Any) -> Any:
    if isinstance(value, Message):
        return _message_value(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else known.name
    return value


def _time(seconds: int, nanos: int) -> datetime | dict[str, int]:
    """Return a time; as it is where it is beyond Python's times or has nanoseconds."""
    try:
        if nanos % _NANOSECONDS == 0:
            return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // _NANOSECONDS)
    except OverflowError:
        pass
    return {"seconds": seconds, "nanos": nanos}
