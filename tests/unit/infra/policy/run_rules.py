"""Run the policy rules on resources that the program creates."""

from collections.abc import Iterable, Sequence
from typing import Any

from infra.policy.declared_resource import DeclaredResource, SecretValue
from infra.policy.rules import RESOURCE_RULES, STACK_RULES
from tests.unit.infra.recording_monitor import Made, Secret

NAMES = [*STACK_RULES, *RESOURCE_RULES]


def violations(name: str, resources: Sequence[DeclaredResource]) -> list[str]:
    """Return the messages of one rule about these resources."""
    if name in STACK_RULES:
        return [violation.message for violation in STACK_RULES[name](resources)]
    return [message for resource in resources for message in RESOURCE_RULES[name](resource)]


def declared(made: Iterable[Made]) -> list[DeclaredResource]:
    """Convert the created resources, without components, for the rules."""
    return [
        DeclaredResource(
            urn=entry.urn,
            type=entry.type,
            name=entry.name,
            props=_convert(entry.inputs),
            depends_on=frozenset([*entry.dependencies, entry.provider.rpartition("::")[0]]),
        )
        for entry in made
        if not entry.is_component
    ]


def _convert(value: Any) -> Any:
    if isinstance(value, Secret):
        return SecretValue(_convert(value.value))
    if isinstance(value, dict):
        return {key: _convert(entry) for key, entry in value.items()}
    return [_convert(entry) for entry in value] if isinstance(value, list) else value
