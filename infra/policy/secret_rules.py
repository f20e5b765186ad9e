"""Rule: secrets are marked, so that Pulumi encrypts them in its state and hides them in its output."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.declared_resource import DeclaredResource, SecretValue, walk

_SECRET_NAME = re.compile(r"(password|token|secret|secretdata|privatekey|credentials)$", re.IGNORECASE)
_NOT_SECRET_NAME = re.compile(r"name$|ref$", re.IGNORECASE)
_CHECKED_PREFIXES = ("gcp:", "docker-build:", "random:", "pulumi:providers:", "kubernetes:core/v1:ConfigMap")
"""Types in which a property with the name of a secret must be marked."""
_LOGIN = re.compile(r"\b(token|password|client-key-data)[\"']?\s*:")


def every_secret_is_marked(resource: DeclaredResource) -> Iterator[str]:
    """Passwords, tokens and the data of Kubernetes Secrets are marked as secret in Pulumi's state and output."""
    for path, value in _secrets(resource):
        if isinstance(value, str) and value:
            yield f"{resource.name}: {'.'.join(path)} is not marked secret: Pulumi would store it unencrypted"


def _secrets(resource: DeclaredResource) -> Iterator[tuple[tuple[str, ...], Any]]:
    for path, value in walk(resource.props):
        if resource.type == "kubernetes:core/v1:Secret":
            if path and path[0] in ("stringData", "data"):
                yield path, value
        elif resource.type.startswith(_CHECKED_PREFIXES):
            if path and (_is_secret(path[-1]) or (path[-1] == "kubeconfig" and _LOGIN.search(str(value)))):
                yield path, value
        elif resource.type.startswith("kubernetes:") and isinstance(value, Mapping) and _is_secret(value.get("name")):
            yield (*path, "value"), value.get("value")  # environment variable of a container


def _is_secret(name: Any) -> bool:
    name = name.value if isinstance(name, SecretValue) else name
    return isinstance(name, str) and bool(_SECRET_NAME.search(name)) and not _NOT_SECRET_NAME.search(name)
