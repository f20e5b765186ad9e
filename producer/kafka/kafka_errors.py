"""Explanations of Kafka's errors, with advice what to do."""

from confluent_kafka import KafkaError

_TLS = (
    "the broker's certificate is not accepted, or it does not use TLS at this address; SLUICE_CA_FILE must name the "
    "authority of this pipeline and SLUICE_BOOTSTRAP_SERVERS its TLS listener"
)
_LOGIN = "the broker does not accept the user or the password; is SLUICE_PRODUCER_PASSWORD that of this pipeline?"
_ADVICE: dict[int, str] = {
    KafkaError._AUTHENTICATION: _LOGIN,
    KafkaError.SASL_AUTHENTICATION_FAILED: _LOGIN,
    KafkaError._SSL: _TLS,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "this user may not write to it; its rights are in k8s/users.yaml",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "this user may not write; its rights are in k8s/users.yaml",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "there is no such topic; k8s/topics.yaml declares it, and `sluice up` or "
    "the cluster's topic operator makes it",
    KafkaError._UNKNOWN_TOPIC: "there is no such topic; k8s/topics.yaml declares it",
    KafkaError._MSG_TIMED_OUT: "the broker did not acknowledge them in time, see --wait. Where its disk has no room it "
    "holds loads back: `sluice status` says so",
    KafkaError._PURGE_QUEUE: "they were given up before they were sent",
    KafkaError._PURGE_INFLIGHT: "they were given up before Kafka answered",
}
_FINAL = frozenset(_ADVICE) - {KafkaError._MSG_TIMED_OUT}
_UNSPECIFIC = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE})


def describe(error: KafkaError) -> str:
    """Return the advice for an error, followed by librdkafka's own text."""
    advice = _ADVICE.get(error.code())
    return f"{advice} ({error.str()})" if advice else error.str()


def explain(problem: KafkaError | None, last: KafkaError | None) -> str:
    """Explain why records were not acknowledged; `problem` is the failure, `last` the last error of the connection."""
    if problem is None:
        return "Kafka has not answered"
    return (
        describe(problem) if last is None or last.code() == problem.code() else f"{describe(problem)}; {describe(last)}"
    )


def is_final(error: KafkaError) -> bool:
    """Return whether waiting cannot help against an error."""
    return error.fatal() or error.code() in _FINAL


def choose_specific(last: KafkaError | None, new: KafkaError) -> KafkaError:
    """Return the more specific of two errors: a lost connection does not hide why it was lost."""
    if last is not None and new.code() in _UNSPECIFIC and last.code() not in _UNSPECIFIC:
        return last
    if last is not None and new.code() == KafkaError._ALL_BROKERS_DOWN:
        return last
    return new


def describe_topic_error(error: KafkaError, *, topic: str) -> str:
    """Return the message for a topic that cannot be written to."""
    advice = ". Is the pipeline up? `sluice status` says what runs." if error.code() in _UNSPECIFIC else ""
    return f"Kafka's topic {topic} cannot be written to: {describe(error)}{advice}"
