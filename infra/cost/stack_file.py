"""Read the settings of a stack from its file Pulumi.STACK.yaml, outside Pulumi."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from infra.settings.declared_settings import ROOT
from infra.settings.gcp_settings import GcpSettings
from infra.settings.stack_settings import Settings, SettingsError
from producer.runtime.exit_status import Exit, SluiceError

_PREFIX = "sluice:"


def read_stack_settings(stack: str, changes: Iterable[str] = (), *, root: Path = ROOT) -> Settings:
    """Read Pulumi.<stack>.yaml in the folder `root`, with each change NAME=VALUE applied; raises SluiceError."""
    path = root / f"Pulumi.{stack}.yaml"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8")).get("config") or {}
    except OSError:
        names = ", ".join(sorted(file.name.split(".")[1] for file in root.glob("Pulumi.*.yaml")))
        raise SluiceError(f"there is no {path.name}; --stack takes one of: {names}", status=Exit.USAGE) from None
    except (yaml.YAMLError, AttributeError) as error:
        raise SluiceError(f"{path.name} cannot be read: {error}", status=Exit.USAGE) from None
    values = {str(name).removeprefix(_PREFIX): _text(value) for name, value in config.items() if _is_ours(str(name))}
    try:
        return Settings.parse({**values, **dict(map(_parse_change, changes))})
    except SettingsError as error:
        raise SluiceError(str(error), status=Exit.USAGE) from None


def require_gcp_settings(settings: Settings, stack: str) -> GcpSettings:
    """Return a stack's settings for Google Cloud; raises SluiceError if it creates nothing there."""
    if settings.gcp is None:
        raise SluiceError(
            f"the stack {stack} creates nothing on Google Cloud: its gcp.project is not set. --stack gke does",
            status=Exit.USAGE,
        )
    return settings.gcp


def _is_ours(name: str) -> bool:
    """Whether a key of the file is a setting of this project, rather than of a provider such as `gcp:`."""
    return name.startswith(_PREFIX) or ":" not in name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _parse_change(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SluiceError(f"--config takes NAME=VALUE, not {text!r}", status=Exit.USAGE)
    return name.removeprefix(_PREFIX), value
