"""Messages for confluent_kafka's Protobuf serialiser and deserialiser, made of descriptors: no protoc is needed."""

from typing import Any

from confluent_kafka.schema_registry.confluent import meta_pb2
from confluent_kafka.schema_registry.confluent.type import decimal_pb2
from google.protobuf import (
    descriptor_pb2,
    duration_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.type import date_pb2, timeofday_pb2

_STANDARD: tuple[Any, ...] = (
    descriptor_pb2,
    duration_pb2,
    timestamp_pb2,
    wrappers_pb2,
    meta_pb2,
    decimal_pb2,
    date_pb2,
    timeofday_pb2,
)
Type = descriptor_pb2.FieldDescriptorProto


def pool(*files: descriptor_pb2.FileDescriptorProto) -> DescriptorPool:
    """Return a pool with the standard types and these files."""
    made = DescriptorPool()
    for module in _STANDARD:
        made.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for file in files:
        made.AddSerializedFile(file.SerializeToString())
    return made


def message_class(types: DescriptorPool, name: str) -> Any:
    """Return the class of a message by its full name."""
    return GetMessageClass(types.FindMessageTypeByName(name))


PLACE = descriptor_pb2.FileDescriptorProto(
    name="place.proto",
    package="sluice.test",
    syntax="proto3",
    message_type=[
        descriptor_pb2.DescriptorProto(
            name="Place",
            field=[Type(name="name", number=1, label=Type.LABEL_OPTIONAL, type=Type.TYPE_STRING)],
        )
    ],
)
"""A file of its own, which the serialiser registers as a subject that the other one refers to."""


def _field(
    name: str,
    number: int,
    kind: "Type.Type.ValueType",
    *,
    type_name: str | None = None,
    label: "Type.Label.ValueType" = Type.LABEL_OPTIONAL,
    oneof: int | None = None,
    optional: bool = False,
) -> descriptor_pb2.FieldDescriptorProto:
    return Type(
        name=name,
        number=number,
        label=label,
        type=kind,
        type_name=type_name,
        oneof_index=oneof,
        proto3_optional=optional or None,
    )


READING = descriptor_pb2.FileDescriptorProto(
    name="reading.proto",
    package="sluice.test",
    syntax="proto3",
    dependency=[
        "google/protobuf/timestamp.proto",
        "google/protobuf/wrappers.proto",
        "google/type/date.proto",
        "place.proto",
    ],
    enum_type=[
        descriptor_pb2.EnumDescriptorProto(
            name="Kind",
            value=[
                descriptor_pb2.EnumValueDescriptorProto(name="NONE", number=0),
                descriptor_pb2.EnumValueDescriptorProto(name="GOOD", number=1),
            ],
        )
    ],
    message_type=[
        # The second message of the file: its path in the value is more than a zero.
        descriptor_pb2.DescriptorProto(name="Unused"),
        descriptor_pb2.DescriptorProto(
            name="Reading",
            nested_type=[
                descriptor_pb2.DescriptorProto(
                    name="CountsEntry",
                    field=[
                        _field("key", 1, Type.TYPE_STRING),
                        _field("value", 2, Type.TYPE_INT32),
                    ],
                    options=descriptor_pb2.MessageOptions(map_entry=True),
                )
            ],
            oneof_decl=[
                descriptor_pb2.OneofDescriptorProto(name="choice"),
                descriptor_pb2.OneofDescriptorProto(name="_ratio"),
                descriptor_pb2.OneofDescriptorProto(name="_note"),
            ],
            field=[
                _field("id", 1, Type.TYPE_SINT64),
                _field("big", 2, Type.TYPE_UINT64),
                _field("small", 3, Type.TYPE_FIXED32),
                _field("seen", 4, Type.TYPE_MESSAGE, type_name=".google.protobuf.Timestamp"),
                _field("born", 5, Type.TYPE_MESSAGE, type_name=".google.type.Date"),
                _field("ratio", 6, Type.TYPE_DOUBLE, oneof=1, optional=True),
                _field("note", 7, Type.TYPE_STRING, oneof=2, optional=True),
                _field("raw", 8, Type.TYPE_BYTES),
                _field("kind", 9, Type.TYPE_ENUM, type_name=".sluice.test.Kind"),
                _field("number", 10, Type.TYPE_INT32, oneof=0),
                _field("label", 11, Type.TYPE_STRING, oneof=0),
                _field("wrapped", 12, Type.TYPE_MESSAGE, type_name=".google.protobuf.Int64Value"),
                _field("tags", 13, Type.TYPE_STRING, label=Type.LABEL_REPEATED),
                _field(
                    "counts",
                    14,
                    Type.TYPE_MESSAGE,
                    type_name=".sluice.test.Reading.CountsEntry",
                    label=Type.LABEL_REPEATED,
                ),
                _field("place", 15, Type.TYPE_MESSAGE, type_name=".sluice.test.Place"),
            ],
        ),
    ],
)
"""A message of every kind of field."""
READING_COLUMNS = {
    "id": "BIGINT PRIMARY KEY",
    "big": "BIGINT UNSIGNED NOT NULL",
    "small": "INT UNSIGNED NOT NULL",
    "seen": "DATETIME(6)",
    "born": "DATE",
    "ratio": "DOUBLE",
    "note": "VARCHAR(100)",
    "raw": "BLOB NOT NULL",
    "kind": "VARCHAR(20) NOT NULL",
    "number": "INT",
    "label": "VARCHAR(20)",
    "wrapped": "BIGINT",
    "tags": "JSON NOT NULL",
    "counts": "JSON NOT NULL",
    "place": "JSON",
}
"""Columns of a table for Reading, by the field's name."""

_VALUE_TYPES: tuple[tuple[str, "Type.Type.ValueType", str | None], ...] = (
    ("id", Type.TYPE_INT32, None),
    ("counted", Type.TYPE_MESSAGE, ".confluent.type.Decimal"),
    ("paid", Type.TYPE_MESSAGE, ".confluent.type.Decimal"),
    ("seen", Type.TYPE_MESSAGE, ".google.protobuf.Timestamp"),
    ("born", Type.TYPE_MESSAGE, ".google.type.Date"),
    ("at", Type.TYPE_MESSAGE, ".google.type.TimeOfDay"),
    ("ratio", Type.TYPE_DOUBLE, None),
    ("note", Type.TYPE_STRING, None),
    ("raw", Type.TYPE_BYTES, None),
    ("missing", Type.TYPE_INT32, None),
    ("zero", Type.TYPE_INT32, None),
)
ENVELOPE = descriptor_pb2.FileDescriptorProto(
    name="envelope.proto",
    package="sluice.test",
    syntax="proto2",  # every field says whether it is there
    dependency=[
        "confluent/type/decimal.proto",
        "google/protobuf/timestamp.proto",
        "google/type/date.proto",
        "google/type/timeofday.proto",
    ],
    message_type=[
        descriptor_pb2.DescriptorProto(
            name="Envelope",
            nested_type=[
                descriptor_pb2.DescriptorProto(
                    name="Value",
                    field=[
                        _field(name, number, kind, type_name=type_name)
                        for number, (name, kind, type_name) in enumerate(_VALUE_TYPES, start=1)
                    ],
                )
            ],
            field=[
                _field("before", 1, Type.TYPE_MESSAGE, type_name=".sluice.test.Envelope.Value"),
                _field("after", 2, Type.TYPE_MESSAGE, type_name=".sluice.test.Envelope.Value"),
            ],
        )
    ],
)
"""What Debezium's records of a table are as Protobuf, of the fields that the test reads."""
