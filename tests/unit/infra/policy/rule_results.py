"""Applies the rules of infra/policy/ to the resources that the program creates."""

from collections.abc import Iterable, Sequence
from typing import Any

from infra.policy.declared_resource import DeclaredResource, Hidden
from infra.policy.rules import OF_ALL, OF_ONE
from tests.unit.infra.recording_monitor import Made, Secret

NAMES = [*OF_ALL, *OF_ONE]


def broken(name: str, resources: Sequence[DeclaredResource]) -> list[str]:
    """Messages of a rule for these resources."""
    if name in OF_ALL:
        return [violation.message for violation in OF_ALL[name](resources)]
    return [message for resource in resources for message in OF_ONE[name](resource)]


def declared(made: Iterable[Made]) -> list[DeclaredResource]:
    """The resources that a provider creates, without components."""
    return [
        DeclaredResource(
            urn=entry.urn,
            type=entry.type,
            name=entry.name,
            props=_shown(entry.inputs),
            needs=frozenset([*entry.dependencies, entry.provider.rpartition("::")[0]]),
        )
        for entry in made
        if not entry.is_component
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, Secret):
        return Hidden(_shown(value.value))
    if isinstance(value, dict):
        return {key: _shown(entry) for key, entry in value.items()}
    return [_shown(entry) for entry in value] if isinstance(value, list) else value
