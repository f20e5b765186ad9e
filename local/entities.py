"""Topics, users and rights, brought to what k8s/ says: the part that Strimzi's entity operator plays on a cluster."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from exits import SluiceError
from local.description import Acl, Description, Topic, User

_SECONDS = 30
_ITERATIONS = 4096
_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Create": AclOperation.CREATE,
    "Delete": AclOperation.DELETE,
    "Alter": AclOperation.ALTER,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
    "AlterConfigs": AclOperation.ALTER_CONFIGS,
    "All": AclOperation.ALL,
}
_RESOURCES = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "cluster": ResourceType.BROKER}
_PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}


def apply_entities(admin: AdminClient, *, description: Description, passwords: Mapping[str, str]) -> None:
    """Make topics, users and rights what the description says; raises SluiceError where the broker refuses.

    Topics that are not described stay (they hold data); rights that are not described go.
    """
    apply_topics(admin, description.topics)
    apply_rights(admin, description.users)
    _apply_users(admin, description.users, passwords=passwords)


def apply_topics(admin: AdminClient, topics: Iterable[Topic]) -> None:
    """Create the topics that are missing, and give those that are there their partitions and settings."""
    present = admin.list_topics(timeout=_SECONDS).topics
    topics = list(topics)
    new = [topic for topic in topics if topic.name not in present]
    if new:
        _wait(
            admin.create_topics(
                [NewTopic(topic.name, topic.partitions, topic.replicas, config=dict(topic.config)) for topic in new]
            ),
            lambda name: f"topic {name} cannot be made",
        )
    old = [topic for topic in topics if topic.name in present]
    grown = [topic for topic in old if len(present[topic.name].partitions) < topic.partitions]
    if grown:
        _wait(
            admin.create_partitions([NewPartitions(topic.name, topic.partitions) for topic in grown]),
            lambda name: f"topic {name} cannot be given more partitions",
        )
    _apply_topic_settings(admin, old)


def _apply_topic_settings(admin: AdminClient, topics: list[Topic]) -> None:
    changes = [
        ConfigResource(
            ConfigResource.Type.TOPIC,
            topic.name,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in topic.config.items()
            ],
        )
        for topic in topics
        if topic.config
    ]
    if changes:
        _wait(
            admin.incremental_alter_configs(changes),
            lambda resource: f"the settings of topic {resource.name} are refused",
        )


def apply_rights(admin: AdminClient, users: Iterable[User]) -> None:
    """Give every user its rights, and take away the rights that no user here has."""
    wanted = {_binding(user, acl) for user in users for acl in user.acls}
    anything: Any = None
    everything = AclBindingFilter(
        ResourceType.ANY,
        anything,
        ResourcePatternType.ANY,
        anything,
        anything,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    present = set(admin.describe_acls(everything).result(_SECONDS))
    if missing := wanted - present:
        _wait(admin.create_acls(list(missing)), lambda acl: f"the right {acl} cannot be given")
    if stale := present - wanted:
        _wait(admin.delete_acls([_filter(acl) for acl in stale]), lambda acl: f"the right {acl} cannot be taken")


def _binding(user: User, acl: Acl) -> AclBinding:
    return AclBinding(
        _RESOURCES[acl.type],
        acl.name,
        _PATTERNS[acl.pattern],
        f"User:{user.name}",
        acl.host,
        _OPERATIONS[acl.operation],
        AclPermissionType.ALLOW,
    )


def _filter(acl: AclBinding) -> AclBindingFilter:
    parts: list[Any] = [
        acl.restype,
        acl.name,
        acl.resource_pattern_type,
        acl.principal,
        acl.host,
        acl.operation,
        acl.permission_type,
    ]
    return AclBindingFilter(*parts)


def _apply_users(admin: AdminClient, users: Iterable[User], *, passwords: Mapping[str, str]) -> None:
    changes: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(
            user.name,
            ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS),
            passwords[f"kafka-{user.name}"].encode(),
        )
        for user in users
    ]
    _wait(admin.alter_user_scram_credentials(changes), lambda name: f"user {name} cannot be made")


def _wait(futures: Mapping[Any, "Future[Any]"], what: Callable[[Any], str]) -> None:
    for key, future in futures.items():
        try:
            future.result(_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise SluiceError(f"{what(key)}: {error.args[0].str()}") from error
