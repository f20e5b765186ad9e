"""Registers the schema of a topic's values in the registry."""

import os
from collections.abc import Generator
from contextlib import contextmanager

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint

COMPATIBILITY = "BACKWARD"
"""A new schema must read what was written with the last one, so consumers are upgraded before producers."""
_NOT_FOUND = 404
_CONFLICT = 409
_SECONDS = 10


def registry_client(registry: RestEndpoint) -> SchemaRegistryClient:
    """Return a client of the registry's Confluent-compatible API, which is `registry`. It uses no proxy."""
    settings: dict[str, str | int] = {"url": registry.url, "timeout": _SECONDS, "max.retries": 2}
    if registry.ca_file and registry.url.startswith("https://"):
        settings["ssl.ca.location"] = str(registry.ca_file)
    if registry.user_info:
        settings["basic.auth.user.info"] = registry.user_info
    with _no_proxy():
        return SchemaRegistryClient(settings)


@contextmanager
def _no_proxy() -> Generator[None]:
    """Keep a client that is made meanwhile from the proxies of HTTPS_PROXY and the like, as RestEndpoint is.

    Its HTTP library reads the environment when it is made, and has no setting for it that could be passed on.
    """
    before = os.environ.get("no_proxy")
    os.environ["no_proxy"] = "*"
    try:
        yield
    finally:
        if before is None:
            del os.environ["no_proxy"]
        else:
            os.environ["no_proxy"] = before


def register(schema: str, *, subject: str, registry: RestEndpoint, kind: str = "AVRO") -> int:
    """Register a schema of type `kind`, set the subject's compatibility to BACKWARD, and return the schema's id.

    `registry` is its Confluent-compatible API. Registering a schema again writes nothing: the registry would keep a
    record of each write for ever in its journal. Raises SluiceError if the schema breaks compatibility, or the registry
    refuses or does not answer.
    """
    url = registry.url
    try:
        client = registry_client(registry)
        # BACKWARD must hold before a new version is registered, but it cannot be set for a subject without a version.
        exists = _exists(client, subject)
        if exists and not _is_backward(client, subject):
            _set_backward(client, subject)
        try:
            schema_id = client.register_schema(subject, Schema(schema, kind))
        except SchemaRegistryError as error:
            if exists or error.http_status_code != _CONFLICT:
                raise
            # Apicurio was still reading its journal. It has read meanwhile that the subject exists.
            schema_id = client.register_schema(subject, Schema(schema, kind))
        if not exists:
            _set_backward(client, subject)
    except SchemaRegistryError as error:
        raise _refused_error(error, subject, url) from error
    except Exception as error:  # the client passes on those of its HTTP library
        raise _unreachable_error(url, error) from error
    return schema_id


def _exists(client: SchemaRegistryClient, subject: str) -> bool:
    try:
        client.get_latest_version(subject)
    except SchemaRegistryError as error:
        if error.http_status_code == _NOT_FOUND:
            return False
        raise
    return True


def _set_backward(client: SchemaRegistryClient, subject: str) -> None:
    try:
        client.set_compatibility(subject, COMPATIBILITY)
    except SchemaRegistryError as error:
        # Another load has made the setting at the same moment; Apicurio then refuses to make it a second time.
        if error.http_status_code != _CONFLICT or not _is_backward(client, subject):
            raise


def _is_backward(client: SchemaRegistryClient, subject: str) -> bool:
    try:
        return client.get_compatibility(subject) == COMPATIBILITY
    except SchemaRegistryError as error:
        if error.http_status_code == _NOT_FOUND:  # the subject has no setting of its own
            return False
        raise


def _refused_error(error: SchemaRegistryError, subject: str, url: str) -> SluiceError:
    if error.http_status_code == _CONFLICT:
        return SluiceError(
            f"the registry refuses the schema for {subject}: what was written before could not be read with it "
            f"({error.error_message}). Give the new fields defaults, or undo the change in schemas/."
        )
    return SluiceError(f"the registry at {url} answers: {error}", status=Exit.UNAVAILABLE)


def _unreachable_error(url: str, error: Exception) -> SluiceError:
    cause = str(error) or type(error).__name__
    return SluiceError(
        f"the registry at {url} does not answer: {cause}. Is the pipeline up? `sluice status` says what runs.",
        status=Exit.UNAVAILABLE,
    )
