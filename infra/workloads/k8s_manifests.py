"""The manifests of k8s/, and merging of a target's changes into one."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import pulumi

from sluice.manifests.manifest_folder import K8S, read_objects
from sluice.manifests.yaml_documents import ManifestError, Object


def read_manifests(file: str, *, folder: Path = K8S) -> list[Object]:
    """Read every manifest of a file in k8s/; raises pulumi.RunError, whose message Pulumi shows, for mistakes in it."""
    try:
        return read_objects(folder / file)
    except ManifestError as error:
        raise pulumi.RunError(str(error)) from error


def read_manifest(file: str, kind: str, *, folder: Path = K8S) -> Object:
    """Read the only manifest of a kind in a file; raises ValueError where it holds none or several."""
    (found,) = (entry for entry in read_manifests(file, folder=folder) if entry["kind"] == kind)
    return found


def read_connectors(*, folder: Path = K8S) -> list[Object]:
    """Read every KafkaConnector of k8s/connectors/."""
    files = sorted((folder / "connectors").glob("*.yaml"))
    return [entry for path in files for entry in read_manifests(str(path.relative_to(folder)), folder=folder)]


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Object:
    """Return a copy of `base` with `changes` merged into it: mappings recursively, everything else replaced."""
    result = {name: _copied(value) for name, value in base.items()}
    for name, value in changes.items():
        old = result.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[name] = merged(old, value)
        else:
            result[name] = _copied(value)
    return result


def _copied(value: Any) -> Any:
    """Copy mappings and lists; everything else stays the same object, as an Output of an image's name has to."""
    if isinstance(value, Mapping):
        return {name: _copied(entry) for name, entry in value.items()}
    return [_copied(entry) for entry in value] if isinstance(value, list) else value


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Substitute the `${NAME}` of a file in k8s/, as the local pipeline does; raises KeyError for a missing name."""
    return Template(text).substitute(values)
