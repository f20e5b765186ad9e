"""Registers the schema of a topic's values and learns its id."""

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

from producer.runtime.exit_status import Exit, SluiceError

COMPATIBILITY = "BACKWARD"
"""A new schema must read what was written with the last one: consumers are upgraded before producers."""
_NOT_FOUND = 404
_CONFLICT = 409
_SECONDS = 10


def register(schema: str, *, subject: str, url: str) -> int:
    """Register an Avro schema, hold the subject to BACKWARD, and return the id the registry gave.

    `url` is where the registry speaks Confluent's API. Registering what is there already changes nothing.
    Raises SluiceError where the schema breaks compatibility or the registry does not do its part.
    """
    client = SchemaRegistryClient({"url": url, "timeout": _SECONDS, "max.retries": 2})
    try:
        # A subject must be held to it before it is given something new, but a new one cannot be set at all.
        known = _exists(client, subject)
        if known:
            client.set_compatibility(subject, COMPATIBILITY)
        schema_id = client.register_schema(subject, Schema(schema, "AVRO"))
        if not known:
            client.set_compatibility(subject, COMPATIBILITY)
    except SchemaRegistryError as error:
        raise _refused(error, subject, url) from error
    except Exception as error:  # those of the client's HTTP library come through
        raise _unreachable(url, error) from error
    return schema_id


def _exists(client: SchemaRegistryClient, subject: str) -> bool:
    try:
        client.get_latest_version(subject)
    except SchemaRegistryError as error:
        if error.http_status_code == _NOT_FOUND:
            return False
        raise
    return True


def _refused(error: SchemaRegistryError, subject: str, url: str) -> SluiceError:
    if error.http_status_code == _CONFLICT:
        return SluiceError(
            f"the registry refuses the schema for {subject}: what was written before could not be read with it "
            f"({error.error_message}). Give the new fields defaults, or undo the change in schemas/."
        )
    return SluiceError(f"the registry at {url} answers: {error}", status=Exit.UNAVAILABLE)


def _unreachable(url: str, error: Exception) -> SluiceError:
    cause = str(error) or type(error).__name__
    return SluiceError(
        f"the registry at {url} does not answer: {cause}. Is the pipeline up? `sluice status` says what runs.",
        status=Exit.UNAVAILABLE,
    )
