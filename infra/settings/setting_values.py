"""The values of settings: as Pulumi hands them on, brought to the names and types that Pulumi.yaml declares."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.settings import setting_checks
from infra.settings.declared_settings import Declaration, Value


@dataclass(frozen=True)
class SettingValues:
    """Values of the types that are declared; an empty text is None."""

    by_name: Mapping[str, Value]

    def text(self, name: str) -> str | None:
        """A text; None for an empty one."""
        return str(self.by_name[name]) or None

    def number(self, name: str) -> int:
        """A whole number."""
        return int(str(self.by_name[name]))

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return self.by_name[name] is True

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.by_name[name]
        return value if isinstance(value, tuple) else ()


def flatten(given: Mapping[str, str], declared: Iterable[str]) -> dict[str, str]:
    """Settings by their full names. What is declared as `load.kind` Pulumi hands on as an object `load` with a `kind`.

    A setting that is given by its full name, as `pulumi config set` writes it, goes before one inside an object.
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
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def parse_values(given: Mapping[str, str], declared: Mapping[str, Declaration]) -> tuple[dict[str, Value], list[str]]:
    """Every setting with its value, the default where it is not given, and what is wrong with their form."""
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
