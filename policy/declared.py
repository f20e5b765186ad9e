"""A resource as the rules see it, whoever shows it to them: the policy pack or a test."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Hidden:
    """A value that is marked secret."""

    value: Any = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One resource; `needs` are the URNs of what it depends on, its provider among them."""

    urn: str
    type: str
    name: str
    props: Mapping[str, Any]
    needs: frozenset[str]
    secret_outputs: frozenset[str] = frozenset()
    """Properties that are secret in the state whatever the program says of their values."""

    @property
    def kind(self) -> str:
        """The last part of its type."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True, kw_only=True)
class Violation:
    """What is wrong with a resource, and why that is wrong."""

    urn: str
    message: str


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value inside a value, with the way to it; what is hidden is not looked into."""
    yield path, value
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from walk(entry, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from walk(entry, (*path, str(number)))


def plain(value: Any) -> Any:
    """A value with what is hidden in it shown."""
    if isinstance(value, Hidden):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list | tuple) else value
