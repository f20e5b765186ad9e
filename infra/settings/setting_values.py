"""Values of the settings: from Pulumi's texts to the names and types that Pulumi.yaml declares."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.settings import setting_checks
from infra.settings.declared_settings import Declaration, Value


@dataclass(frozen=True)
class SettingValues:
    """Typed access to the values by name."""

    by_name: Mapping[str, Value]

    def text(self, name: str) -> str | None:
        """Return a string setting; None if it is empty."""
        return str(self.by_name[name]) or None

    def number(self, name: str) -> int:
        """Return an integer setting."""
        return int(str(self.by_name[name]))

    def flag(self, name: str) -> bool:
        """Return a boolean setting."""
        return self.by_name[name] is True

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an array setting."""
        value = self.by_name[name]
        return value if isinstance(value, tuple) else ()


def flatten(given: Mapping[str, str], declared: Iterable[str]) -> dict[str, str]:
    """Return settings by full name: Pulumi passes `load.kind` of a stack's file as an object `load` with a key `kind`.

    A setting given by its full name, as `pulumi config set` writes it, has precedence over one inside an object.
    """
    groups = {name.partition(".")[0] for name in declared if "." in name}
    inside: dict[str, str] = {}
    for group in groups & given.keys():
        for name, value in _object(given[group]).items():
            inside[f"{group}.{name}"] = value if isinstance(value, str) else json.dumps(value)
    return inside | {name: text for name, text in given.items() if name not in groups or not _object(text)}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def parse_values(given: Mapping[str, str], declared: Mapping[str, Declaration]) -> tuple[dict[str, Value], list[str]]:
    """Return every setting's value, or its default, and an error message for each of a wrong type or unknown name.

    A setting of a wrong type is missing from the values.
    """
    values = {name: declaration.default for name, declaration in declared.items()}
    mistakes: list[str] = []
    for name, text in given.items():
        if name not in declared:
            mistakes.append(setting_checks.describe_unknown(name, declared))
            continue
        try:
            values[name] = declared[name].parse(text)
        except ValueError as error:
            mistakes.append(f"{name}: {text!r} is not {error}; {setting_checks.how_to_set(name)}")
            del values[name]
    return values, mistakes
