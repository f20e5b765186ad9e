"""The objects of k8s/, as every place reads them, and the changes that a place makes to one."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import pulumi

from sluice.manifests.manifest_folder import K8S, read_objects
from sluice.manifests.yaml_documents import ManifestError, Object


def read_manifests(file: str, *, folder: Path = K8S) -> list[Object]:
    """Every object of a file in k8s/; raises RunError, of which Pulumi shows the message, for mistakes in it."""
    try:
        return read_objects(folder / file)
    except ManifestError as error:
        raise pulumi.RunError(str(error)) from error


def read_manifest(file: str, kind: str, *, folder: Path = K8S) -> Object:
    """The one object of a kind in a file; raises ValueError where it holds none or several."""
    (found,) = (entry for entry in read_manifests(file, folder=folder) if entry["kind"] == kind)
    return found


def read_connectors(*, folder: Path = K8S) -> list[Object]:
    """Every KafkaConnector of k8s/connectors/."""
    files = sorted((folder / "connectors").glob("*.yaml"))
    return [entry for path in files for entry in read_manifests(str(path.relative_to(folder)), folder=folder)]


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Object:
    """`base` with `changes` laid over it: mappings are merged, everything else is replaced. Both stay as they are."""
    result = {name: _copied(value) for name, value in base.items()}
    for name, value in changes.items():
        old = result.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[name] = merged(old, value)
        else:
            result[name] = _copied(value)
    return result


def _copied(value: Any) -> Any:
    """A copy of everything that can be changed. An image's name that is not known yet stays the very thing it is."""
    if isinstance(value, Mapping):
        return {name: _copied(entry) for name, entry in value.items()}
    return [_copied(entry) for entry in value] if isinstance(value, list) else value


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """A file of k8s/ with its `${NAME}` filled in, as the embedded place does; raises KeyError for a name not given."""
    return Template(text).substitute(values)
