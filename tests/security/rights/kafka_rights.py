"""Kafka's rights: what k8s/users.yaml grants, and what the broker's authorizer answers to each user."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from sluice.local.pipeline_spec import Acl, PipelineSpec, User
from tests.administrator import USER as TEST_USER

Operations = frozenset[str]
_METADATA = "__cluster_metadata"
"""The broker's own log, which it creates for nobody."""
INTERNAL_TOPICS = ("__consumer_offsets", "__transaction_state", "__share_group_state", _METADATA)
IMPLIED = {
    "Describe": {"Read", "Write", "Delete", "Alter"},
    "DescribeConfigs": {"AlterConfigs"},
}
"""Operations that each of others includes, in Kafka's own authorizer."""
OF_TOPICS = ("Read", "Write", "Create", "Delete", "Alter", "Describe", "DescribeConfigs", "AlterConfigs")
OF_GROUPS = ("Read", "Delete", "Describe")
OF_THE_CLUSTER = ("Create", "Describe", "DescribeConfigs", "Alter", "AlterConfigs")
_OF = {"topic": OF_TOPICS, "group": OF_GROUPS, "cluster": OF_THE_CLUSTER}
_NAMES = {
    AclOperation.READ: "Read",
    AclOperation.WRITE: "Write",
    AclOperation.CREATE: "Create",
    AclOperation.DELETE: "Delete",
    AclOperation.ALTER: "Alter",
    AclOperation.DESCRIBE: "Describe",
    AclOperation.DESCRIBE_CONFIGS: "DescribeConfigs",
    AclOperation.ALTER_CONFIGS: "AlterConfigs",
}
_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
_SECONDS = 20
_UNUSED_NAME = "rights-probe"
CLUSTER = "kafka-cluster"


def topics(spec: PipelineSpec) -> list[str]:
    """Return the topics to ask about: all that exist, and names one letter away from each granted one."""
    names = {topic.name for topic in spec.topics}
    return sorted({*names, *INTERNAL_TOPICS, *_neighbours(spec, "topic"), _UNUSED_NAME})


def groups(spec: PipelineSpec) -> list[str]:
    """Return the groups to ask about: those of ACLs, members of granted prefixes, and names near both."""
    return sorted({*_neighbours(spec, "group"), *(acl.name for acl in _acls(spec, "group")), _UNUSED_NAME})


def _neighbours(spec: PipelineSpec, kind: str) -> set[str]:
    granted = [acl.name for acl in _acls(spec, kind)]
    return {name for text in granted for name in (f"{text}2", text[:-1], f"x{text}", text.upper())}


def _acls(spec: PipelineSpec, kind: str) -> list[Acl]:
    return [acl for user in spec.users for acl in user.acls if acl.type == kind]


def granted(user: User, kind: str, name: str) -> Operations:
    """Return the operations that the ACLs of a user allow on a resource; those of _OF that Kafka implies too."""
    matching = [acl for acl in user.acls if acl.type == kind and _matches(acl, name)]
    allowed = _with_implied({acl.operation for acl in matching if acl.permission == "allow"}, kind)
    return allowed - {acl.operation for acl in matching if acl.permission == "deny"}


def _with_implied(operations: set[str], kind: str) -> Operations:
    found = set(_OF[kind]) if "All" in operations else set(operations)
    found |= {implied for implied, stronger in IMPLIED.items() if stronger & found}
    return frozenset(found)


def _matches(acl: Acl, name: str) -> bool:
    assert acl.host == "*", "an ACL for one address cannot be asked from here"
    return acl.name in (name, "*") if acl.pattern == "literal" else name.startswith(acl.name)


def answered_for_topics(client: AdminClient, names: Iterable[str]) -> dict[str, Operations]:
    """Return what the broker allows this client on each topic; nothing is changed.

    A broker lists the operations only to a user who may describe the topic. For all others Read, Write, Delete, Alter
    are refused with it, since each of them would include Describe; the other operations are asked one by one.
    """
    names = list(names)
    listed = client.describe_topics(TopicCollection(names), include_authorized_operations=True)
    creatable = [NewTopic(name, 1, 1) for name in names if name != _METADATA]
    creations = client.create_topics(creatable, validate_only=True)
    of_topics = ConfigResource.Type.TOPIC
    reads = client.describe_configs([ConfigResource(of_topics, name) for name in names])
    writes = client.incremental_alter_configs([_change(of_topics, name) for name in names], validate_only=True)
    found: dict[str, set[str]] = {name: _listed(listed[name]) for name in names}
    for operation, answers in (("Create", creations), ("DescribeConfigs", reads), ("AlterConfigs", writes)):
        for key, future in answers.items():
            name = key if isinstance(key, str) else key.name
            if not _is_refused(future):
                found[name].add(operation)
    return {name: frozenset(operations) for name, operations in found.items()}


def _change(kind: Any, name: str) -> ConfigResource:
    entry = ConfigEntry("segment.ms", "604800000", incremental_operation=AlterConfigOpType.SET)
    return ConfigResource(kind, name, incremental_configs=[entry])


def answered_for_groups(client: AdminClient, names: Iterable[str]) -> dict[str, Operations]:
    """Return what the broker allows this client on each consumer group."""
    futures = client.describe_consumer_groups(list(names), include_authorized_operations=True)
    return {name: frozenset(_listed(future)) for name, future in futures.items()}


def answered_for_cluster(client: AdminClient, broker: str) -> Operations:
    """Return what the broker allows this client on the cluster as a whole, each asked by a request that needs it."""
    of_brokers = ConfigResource.Type.BROKER
    questions: Mapping[str, Callable[[], Any]] = {
        "Create": lambda: client.create_topics([NewTopic(_UNUSED_NAME, 1, 1)], validate_only=True),
        "DescribeConfigs": lambda: client.describe_configs([ConfigResource(of_brokers, broker)]),
        "AlterConfigs": lambda: client.incremental_alter_configs([_log_change(broker)], validate_only=True),
        "Alter": lambda: client.delete_acls([_acl_filter("rights-probe-no-such-user")]),
    }
    found = {name for name, ask in questions.items() if not all(_is_refused(future) for future in ask().values())}
    listed: Any = client.describe_cluster(include_authorized_operations=True)
    operations = listed.result(_SECONDS).authorized_operations or ()
    return frozenset(found | {_NAMES[each] for each in operations if each in _NAMES})


def _log_change(broker: str) -> ConfigResource:
    entry = ConfigEntry("log.cleaner.threads", "1", incremental_operation=AlterConfigOpType.SET)
    return ConfigResource(ConfigResource.Type.BROKER, broker, incremental_configs=[entry])


def _acl_filter(principal: str | None) -> AclBindingFilter:
    anything: Any = None
    user: Any = principal and f"User:{principal}"
    return AclBindingFilter(
        ResourceType.ANY,
        anything,
        ResourcePatternType.ANY,
        user,
        anything,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )


def _listed(future: "Future[Any]") -> set[str]:
    try:
        answer = future.result(_SECONDS)
    except KafkaException as error:
        code = error.args[0].code()
        # The workers' group is none of consumers, and a topic may not exist: but who is told so may describe it.
        unlisted = {KafkaError._INVALID_ARG, KafkaError.UNKNOWN_TOPIC_OR_PART}
        if code not in _REFUSED | unlisted:
            raise
        return set() if code in _REFUSED else {"Describe"}
    return {_NAMES[operation] for operation in answer.authorized_operations or ()}


def _is_refused(future: "Future[Any]") -> bool:
    try:
        future.result(_SECONDS)
    except KafkaException as error:
        return error.args[0].code() in _REFUSED
    return False


def all_acls(client: AdminClient) -> set[AclBinding]:
    """Return every ACL that the broker holds, but for those of the tests' own user."""
    found = client.describe_acls(_acl_filter(None)).result(_SECONDS)
    return {acl for acl in found if acl.principal != f"User:{TEST_USER}"}
