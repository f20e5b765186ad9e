"""A declared resource and its properties, as the rules read them; made by the policy pack and by unit tests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class SecretValue:
    """A value that is marked secret in Pulumi."""

    value: Any = field(repr=False)


class Unknown(Enum):
    """Value that a preview does not know, as another resource has to be created first; it breaks no rule."""

    UNTIL_CREATED = "unknown"


@dataclass(frozen=True, kw_only=True)
class DeclaredResource:
    """One resource; `depends_on` holds the URNs of its direct dependencies and of its provider."""

    urn: str
    type: str
    name: str
    props: Mapping[str, Any]
    """Inputs as the program gives them, with SecretValue and Unknown."""
    depends_on: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The last part of the type, such as Bucket."""
        return self.type.rpartition(":")[2]

    @property
    def display_name(self) -> str:
        """Kind and name, such as `Bucket code`."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A broken rule: the resource and what is wrong with it."""

    urn: str
    message: str


ResourceRule = Callable[[DeclaredResource], Iterator[str]]
"""Checks one resource; yields a message for each violation."""
StackRule = Callable[[Sequence[DeclaredResource]], Iterator[Violation]]
"""Checks all resources of a stack together; yields the violations."""


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value inside a value with its path, depth first; does not enter a SecretValue."""
    yield path, value
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from walk(entry, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from walk(entry, (*path, str(number)))


def strings(resource: DeclaredResource) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every string of a resource with its path, secret ones too."""
    for path, value in walk(reveal(resource.props)):
        if isinstance(value, str):
            yield path, value


def get_property(resource: DeclaredResource, *path: str) -> Any:
    """Return the property at a path, secret or not.

    None if there is none; Unknown.UNTIL_CREATED if it, or a part of its path, is unknown.
    """
    value = reveal(resource.props)
    for name in path:
        if value is Unknown.UNTIL_CREATED:
            break
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def reveal(value: Any) -> Any:
    """Return a value with every SecretValue in it replaced by its content."""
    if isinstance(value, SecretValue):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {key: reveal(entry) for key, entry in value.items()}
    return [reveal(entry) for entry in value] if isinstance(value, list | tuple) else value
