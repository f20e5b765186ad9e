"""Serialises rows as Protobuf with confluent_kafka, by a message type that is derived from an Avro schema."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, timestamp_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from sluice.local.pipeline_spec import ROOT

_Field = descriptor_pb2.FieldDescriptorProto
_TYPES: Mapping[str, Any] = {
    "long": _Field.TYPE_INT64,
    "int": _Field.TYPE_INT32,
    "double": _Field.TYPE_DOUBLE,
    "string": _Field.TYPE_STRING,
}
_MICROS = 1_000_000


def protobuf_serialiser(
    schema: Mapping[str, Any], topic: str, registry: SchemaRegistryClient
) -> Callable[[Mapping[str, Any]], bytes]:
    """Return the serialiser of rows for a topic; it registers the message type."""
    file = message_file(schema)
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    message: Any = GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{file.message_type[0].name}"))
    make: Any = ProtobufSerializer  # its constructor is hidden from type checkers
    serialise = make(message, registry, {"use.deprecated.format": False})
    context = SerializationContext(topic, MessageField.VALUE)
    (time_field,) = (field.name for field in file.message_type[0].field if field.type == _Field.TYPE_MESSAGE)

    def encode(record: Mapping[str, Any]) -> bytes:
        seconds, micros = divmod(record[time_field], _MICROS)
        values = {name: value for name, value in record.items() if name != time_field}
        values[time_field] = {"seconds": seconds, "nanos": micros * 1000}
        return serialise(message(**values), context)

    return encode


def message_file(schema: Mapping[str, Any]) -> descriptor_pb2.FileDescriptorProto:
    """Return the .proto file of a schema: fields keep their numbers in schemas/, and removed ones are reserved."""
    text = (ROOT / f"schemas/{schema['namespace']}.{schema['name']}.proto").read_text(encoding="utf-8")
    numbers = {name: int(number) for name, number in re.findall(r"(\w+) = (\d+);", text)}
    message = descriptor_pb2.DescriptorProto(name=schema["name"])
    for field in schema["fields"]:
        _add_field(message, field, numbers.pop(field["name"], len(numbers) + len(message.field) + 1))
    for name, number in numbers.items():
        message.reserved_name.append(name)
        message.reserved_range.add(start=number, end=number + 1)
    return descriptor_pb2.FileDescriptorProto(
        name=f"{schema['name']}.proto",
        package=schema["namespace"],
        syntax="proto3",
        dependency=["google/protobuf/timestamp.proto"],
        message_type=[message],
    )


def _add_field(message: descriptor_pb2.DescriptorProto, field: Mapping[str, Any], number: int) -> None:
    kind = field["type"]
    added = message.field.add(name=field["name"], number=number, label=_Field.LABEL_OPTIONAL)
    if isinstance(kind, dict):  # the logical type of a time
        added.type, added.type_name = _Field.TYPE_MESSAGE, ".google.protobuf.Timestamp"
    elif isinstance(kind, list):
        added.type, added.proto3_optional = _TYPES[kind[1]], True
        added.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{field['name']}")
    else:
        added.type = _TYPES[kind]
