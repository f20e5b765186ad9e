"""Parses the text of a Protobuf schema (.proto) into a descriptor, as far as decoding needs it.

The registry has no compiled schemas: Apicurio's `format=serialized` is not the base64 that Confluent documents, and
Python's library does not read the text.
"""

import re
from collections.abc import Iterator, Mapping

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

_BLANK = r"(?:\s|//[^\n]*|/\*.*?\*/)*"
_TOKEN = re.compile(rf"""{_BLANK}(?:(-?[\w.]+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s\w"'])|\Z)""", re.DOTALL)
_SCALARS: Mapping[str, "FieldDescriptorProto.Type.ValueType"] = {
    name.removeprefix("TYPE_").lower(): number
    for name, number in FieldDescriptorProto.Type.items()
    if name not in {"TYPE_GROUP", "TYPE_MESSAGE", "TYPE_ENUM"}
}
_LABELS: Mapping[str, "FieldDescriptorProto.Label.ValueType"] = {
    "optional": FieldDescriptorProto.LABEL_OPTIONAL,
    "required": FieldDescriptorProto.LABEL_REQUIRED,
    "repeated": FieldDescriptorProto.LABEL_REPEATED,
}


class ProtobufSyntaxError(ValueError):
    """A text that this parser does not understand."""


def parse_proto(text: str, *, name: str) -> FileDescriptorProto:
    """Return the descriptor of a file; `name` is that by which others import it. Raises ProtobufSyntaxError.

    Options, services, extensions and reserved numbers are passed over. Types are as the text names them, which the
    descriptor pool resolves.
    """
    return _Parser(text).file(name)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = [match[1] for match in _TOKEN.finditer(text) if match[1]]
        self._at = 0
        self._proto3 = False

    def file(self, name: str) -> FileDescriptorProto:
        file = FileDescriptorProto(name=name)
        while self._at < len(self._tokens):
            match self._next():
                case "syntax":
                    file.syntax = self._assigned()
                    self._proto3 = file.syntax == "proto3"
                case "package":
                    file.package = self._next()
                    self._expect(";")
                case "import":
                    kind = self._next()
                    file.dependency.append(_unquoted(self._next() if kind in {"public", "weak"} else kind))
                    self._expect(";")
                case "message":
                    self._message(file.message_type.add())
                case "enum":
                    self._enum(file.enum_type.add())
                case word:
                    self._pass_over(word)
        return file

    def _message(self, message: DescriptorProto) -> None:
        message.name = self._next()
        for word in self._block():
            match word:
                case "message":
                    self._message(message.nested_type.add())
                case "enum":
                    self._enum(message.enum_type.add())
                case "oneof":
                    self._oneof(message)
                case "option" | "reserved" | "extensions" | "extend" | ";":
                    self._pass_over(word)
                case "map" if self._peek() == "<":
                    self._map(message)
                case _:
                    self._labelled(message, word)
        self._make_optionals_oneofs(message)

    def _labelled(self, message: DescriptorProto, word: str) -> None:
        label = _LABELS.get(word)
        field = self._field(message, word if label is None else self._next())
        field.label = label or FieldDescriptorProto.LABEL_OPTIONAL
        field.proto3_optional = self._proto3 and word == "optional"

    def _oneof(self, message: DescriptorProto) -> None:
        index = len(message.oneof_decl)
        message.oneof_decl.add(name=self._next())
        for word in self._block():
            if word in {"option", ";"}:
                self._pass_over(word)
            else:
                field = self._field(message, word)
                field.label, field.oneof_index = FieldDescriptorProto.LABEL_OPTIONAL, index

    def _map(self, message: DescriptorProto) -> None:
        """Parse a map: on the wire it is a repeated message with the fields key and value."""
        self._expect("<")
        key = self._next()
        self._expect(",")
        value = self._next()
        self._expect(">")
        entry = message.nested_type.add()
        for number, (name, kind) in enumerate((("key", key), ("value", value)), start=1):
            field = entry.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
            _set_type(field, kind)
        entry.options.map_entry = True
        field = self._field(message, "message")
        entry.name = "".join(part[:1].upper() + part[1:] for part in field.name.split("_")) + "Entry"
        field.ClearField("type")
        field.type_name, field.label = entry.name, FieldDescriptorProto.LABEL_REPEATED

    def _field(self, message: DescriptorProto, kind: str) -> FieldDescriptorProto:
        if kind == "group":
            raise ProtobufSyntaxError("it has a group")
        field = message.field.add(name=self._next())
        _set_type(field, kind)
        self._expect("=")
        field.number = self._number()
        self._pass_over("")
        return field

    def _enum(self, enum: EnumDescriptorProto) -> None:
        enum.name = self._next()
        for word in self._block():
            if word in {"option", "reserved", ";"}:
                if word == "option" and self._peek() == "allow_alias":
                    enum.options.allow_alias = True
                self._pass_over(word)
            else:
                self._expect("=")
                enum.value.add(name=word, number=self._number())
                self._pass_over("")

    def _make_optionals_oneofs(self, message: DescriptorProto) -> None:
        """Give each optional field of proto3 a oneof of its own, as the compiler does: it has presence by that."""
        for field in message.field:
            if field.proto3_optional:
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field.name}")

    def _block(self) -> Iterator[str]:
        """Yield the first word of each statement between braces."""
        self._expect("{")
        while (word := self._next()) != "}":
            yield word

    def _pass_over(self, word: str) -> None:
        """Skip the rest of a statement that began with `word`: up to a semicolon, or the end of its block."""
        depth = 0
        while word != ";" or depth:
            word = self._next()
            depth += (word in "{[(") - (word in "}])")
            if word == "}" and not depth and self._peek() not in {";", ",", "]"}:
                return

    def _assigned(self) -> str:
        self._expect("=")
        value = _unquoted(self._next())
        self._expect(";")
        return value

    def _number(self) -> int:
        word = self._next()
        word += self._next() if word == "-" else ""
        try:
            return int(word, 0)
        except ValueError:
            raise ProtobufSyntaxError(f"{word!r} is where a number should be") from None

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise ProtobufSyntaxError("it ends early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if (found := self._next()) != token:
            raise ProtobufSyntaxError(f"{found!r} is where {token!r} should be")


def _set_type(field: FieldDescriptorProto, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type_name = kind


def _unquoted(text: str) -> str:
    return text[1:-1]
