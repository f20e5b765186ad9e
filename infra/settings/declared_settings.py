"""Declarations of the settings in Pulumi.yaml: name, type, default and description."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
"""The repository's root, with Pulumi.yaml, k8s/ and connect/."""

Value = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One setting; `type` is Pulumi's: string, integer, boolean or array (of strings)."""

    type: str
    default: Value
    description: str

    def parse(self, text: str) -> Value:
        """Convert the text from a stack's file or `pulumi config set` to the declared type.

        Raises ValueError that describes the expected type.
        """
        if self.type == "string":
            return text
        found = _decoded(text)
        if self.type == "array" and isinstance(found, list) and all(isinstance(entry, str) for entry in found):
            return tuple(found)
        if self.type == "boolean" and isinstance(found, bool):
            return found
        if self.type == "integer" and isinstance(found, int) and not isinstance(found, bool):
            return found
        raise ValueError(_EXAMPLES[self.type])


_EXAMPLES = {
    "array": 'a list of strings, such as ["one", "two"]',
    "boolean": "true or false",
    "integer": "a whole number",
}


def read_declarations(root: Path = ROOT) -> Mapping[str, Declaration]:
    """Read Pulumi.yaml: every setting by its name."""
    project = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))
    return {
        name: Declaration(
            type=entry["type"],
            default=tuple(entry["default"]) if entry["type"] == "array" else entry["default"],
            description=entry["description"],
        )
        for name, entry in project["config"].items()
    }


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
