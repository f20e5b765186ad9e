"""Schemas from the registry, parsed for reading: references resolved; of Avro, Debezium's names and times readable."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from json import loads
from time import monotonic
from typing import Any
from urllib.parse import quote

from fastavro import parse_schema
from fastavro.schema import SchemaParseException, UnknownType

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view.debezium import with_column_names, with_readable_times
from sluice.view.http_client import UnavailableError, get_json
from sluice.view.protobuf_schema import ProtobufSchema

_PART = "the schema registry"
_TIMEOUT_SECONDS = 15.0
"""Timeout of one request: records that cannot be decoded are worth more patience than a line of `sluice status`."""
_MISSING_SECONDS = 10.0
"""Time for which an id without a usable schema is not asked for again: somebody may register it meanwhile."""
_MOST_MISSING = 10_000
"""Ids without a schema that are kept: values that are no Avro, such as images, may begin with any number."""


@dataclass(frozen=True, kw_only=True)
class UnusableSchema:
    """A schema of the registry that cannot be parsed."""

    reason: str


class RegistrySchemas:
    """Schemas of the registry whose Confluent-compatible API is `registry`; each that can be used is fetched once."""

    def __init__(self, registry: RestEndpoint) -> None:
        self._registry = registry
        self._known: dict[int, Any] = {}
        self._missing: dict[int, tuple[UnusableSchema | None, float]] = {}
        """The answer, and until when it holds."""

    def __call__(self, number: int) -> Any:
        """Return the schema of this id: a ProtobufSchema, or a parsed one of Avro.

        None if there is none or it is of another type, UnusableSchema if it cannot be parsed.

        Raises SluiceError if the registry does not answer.
        """
        if number in self._known:
            return self._known[number]
        missing = self._missing.get(number)
        if missing is not None and monotonic() < missing[1]:
            return missing[0]
        schema = self._fetch(number)
        if schema is None or isinstance(schema, UnusableSchema):
            if len(self._missing) >= _MOST_MISSING:
                self._missing.clear()
            self._missing[number] = schema, monotonic() + _MISSING_SECONDS
        else:
            self._known[number] = schema
        return schema

    def _fetch(self, number: int) -> Any:
        try:
            return self._parsed(self._get(f"schemas/ids/{number}"))
        except UnavailableError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            message = f"{error}, so the records cannot be decoded"
            raise SluiceError(message, status=Exit.UNAVAILABLE) from error
        except _ReferenceError as error:
            return UnusableSchema(reason=f"schema {number} {error}")
        # fastavro raises a different exception for each kind of mistake in a schema.
        except (
            SchemaParseException,
            UnknownType,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            return UnusableSchema(reason=f"schema {number} cannot be parsed: {type(error).__name__}: {error}")

    def _parsed(self, answer: Mapping[str, Any]) -> Any:
        match answer.get("schemaType", "AVRO"):
            case "AVRO":
                return self._parse_avro(answer)
            case "PROTOBUF":
                imported: dict[str, str] = {}
                self._fetch_imported(answer, imported=imported, above=())
                return ProtobufSchema(answer["schema"], imported)
            case _:
                return None

    def _parse_avro(self, answer: Mapping[str, Any]) -> Any:
        named: dict[str, Any] = {}
        self._parse_references(answer, named=named, above=())
        return parse_schema(_readable(answer["schema"]), named)

    def _parse_references(self, answer: Mapping[str, Any], *, named: dict[str, Any], above: tuple[str, ...]) -> None:
        """Parse the schemas that a schema refers to, the deepest first, and add them to `named`.

        `above` are the names on the path to this schema.
        """
        for name, referred in self._references(answer, known=named, above=above):
            self._parse_references(referred, named=named, above=(*above, name))
            parse_schema(_readable(referred["schema"]), named)

    def _references(
        self, answer: Mapping[str, Any], *, known: Container[str], above: tuple[str, ...]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield name and answer of each schema that a schema refers to and that is not known yet."""
        for reference in answer.get("references") or ():
            name = reference["name"]
            if name in above:
                raise _ReferenceError(f"refers to itself through {name}")
            if name not in known:
                yield name, self._fetch_reference(reference)

    def _fetch_imported(self, answer: Mapping[str, Any], *, imported: dict[str, str], above: tuple[str, ...]) -> None:
        """Add the texts of the Protobuf schemas that a schema imports to `imported`, by name."""
        for reference, referred in self._references(answer, known=imported, above=above):
            imported[reference] = referred["schema"]
            self._fetch_imported(referred, imported=imported, above=(*above, reference))

    def _fetch_reference(self, reference: Mapping[str, Any]) -> Any:
        subject, version = reference["subject"], reference["version"]
        try:
            return self._get(f"subjects/{quote(subject, safe='')}/versions/{version}")
        except UnavailableError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                raise _ReferenceError(f"refers to {subject} version {version}, which the registry lacks") from error
            raise

    def _get(self, path: str) -> Any:
        return get_json(self._registry, f"/{path}", part=_PART, timeout=_TIMEOUT_SECONDS)


def _readable(schema: str) -> Any:
    return with_readable_times(with_column_names(loads(schema)))


class _ReferenceError(Exception):
    """A schema refers to itself or to a schema that is missing."""
