"""A resource as the rules see it, whoever shows it to them: the policy pack or a test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class Hidden:
    """A value that is marked secret."""

    value: Any = field(repr=False)


class Unknown(Enum):
    """What a preview cannot know, since something else has to be made first; it breaks no rule until it is known."""

    YET = "unknown"


@dataclass(frozen=True, kw_only=True)
class DeclaredResource:
    """One resource; `needs` are the URNs of what it depends on, its provider among them."""

    urn: str
    type: str
    name: str
    props: Mapping[str, Any]
    """As the program gives them; marks of secrets and what is unknown are kept."""
    needs: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The last part of its type."""
        return self.type.rpartition(":")[2]

    @property
    def label(self) -> str:
        """Kind and name, such as `Bucket code`."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True)
class Violation:
    """What is wrong with a resource, and why that is wrong."""

    urn: str
    message: str


RuleOfOne = Callable[[DeclaredResource], Iterator[str]]
"""Says what is wrong with a resource by itself."""
RuleOfAll = Callable[[Sequence[DeclaredResource]], Iterator[Violation]]
"""Says what is wrong with resources, which it has to see together."""


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value inside a value, with the way to it; what is hidden is not looked into."""
    yield path, value
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from walk(entry, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from walk(entry, (*path, str(number)))


def texts(resource: DeclaredResource) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text of a resource, with the way to it; what is hidden too."""
    for path, value in walk(plain(resource.props)):
        if isinstance(value, str):
            yield path, value


def at(resource: DeclaredResource, *path: str) -> Any:
    """What is there, shown even if it is hidden: None for nothing, Unknown.YET where it or the way to it is unknown."""
    value = plain(resource.props)
    for name in path:
        if value is Unknown.YET:
            break
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def plain(value: Any) -> Any:
    """A value with what is hidden in it shown."""
    if isinstance(value, Hidden):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list | tuple) else value
