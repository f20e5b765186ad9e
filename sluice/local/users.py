"""Reconciles Kafka's users and ACLs with k8s/, as Strimzi's user operator does on a cluster."""

from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from sluice.local.drift import Drift, changed
from sluice.local.kafka_admin import TIMEOUT_SECONDS, wait_for_all
from sluice.local.pipeline_spec import Acl, User

_ITERATIONS = 4096
_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Create": AclOperation.CREATE,
    "Delete": AclOperation.DELETE,
    "Alter": AclOperation.ALTER,
    "Describe": AclOperation.DESCRIBE,
    "ClusterAction": AclOperation.CLUSTER_ACTION,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
    "AlterConfigs": AclOperation.ALTER_CONFIGS,
    "IdempotentWrite": AclOperation.IDEMPOTENT_WRITE,
    "All": AclOperation.ALL,
}
_RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "cluster": ResourceType.BROKER,
    "transactionalId": ResourceType.TRANSACTIONAL_ID,
}
_PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
_PERMISSIONS = {"allow": AclPermissionType.ALLOW, "deny": AclPermissionType.DENY}


def reconcile_acls(admin: AdminClient, users: Iterable[User]) -> list[Drift]:
    """Create the ACLs of `users`, and delete all others; raises SluiceError where the broker refuses."""
    expected = acl_bindings(users)
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
    present = set(admin.describe_acls(everything).result(TIMEOUT_SECONDS))
    if missing := expected - present:
        wait_for_all(admin.create_acls(list(missing)), lambda acl: f"the ACL {acl} cannot be added")
    if stale := present - expected:
        wait_for_all(admin.delete_acls([_filter(acl) for acl in stale]), lambda acl: f"the ACL {acl} cannot be removed")
    added = [changed(f"ACL added: {text}") for text in sorted(map(_sentence, missing))]
    return added + [changed(f"ACL removed: {text}") for text in sorted(map(_sentence, stale))]


def acl_bindings(users: Iterable[User]) -> set[AclBinding]:
    """Return the ACLs of `users` as the broker holds them."""
    return {_binding(user, acl) for user in users for acl in user.acls}


def _sentence(acl: AclBinding) -> str:
    star = "*" if acl.resource_pattern_type is ResourcePatternType.PREFIXED else ""
    may = "may" if acl.permission_type is AclPermissionType.ALLOW else "may not"
    operation = next((name for name, value in _OPERATIONS.items() if value is acl.operation), str(acl.operation))
    resource = next((name for name, value in _RESOURCES.items() if value is acl.restype), str(acl.restype))
    return f"{acl.principal.removeprefix('User:')} {may} {operation} {resource} {acl.name}{star}"


def _binding(user: User, acl: Acl) -> AclBinding:
    return AclBinding(
        _RESOURCES[acl.type],
        acl.name,
        _PATTERNS[acl.pattern],
        f"User:{user.name}",
        acl.host,
        _OPERATIONS[acl.operation],
        _PERMISSIONS[acl.permission],
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


def reconcile_users(admin: AdminClient, users: Iterable[User], *, passwords: Mapping[str, str]) -> list[Drift]:
    """Set the SCRAM password of every user, and delete all other users; raises SluiceError where the broker refuses.

    `passwords` are by `kafka-<user>`.
    """
    expected = {user.name for user in users}
    existing: Any = admin.describe_user_scram_credentials()
    present = set(existing.result(TIMEOUT_SECONDS))
    changes: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(
            name,
            ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS),
            passwords[f"kafka-{name}"].encode(),
        )
        for name in sorted(expected)
    ]
    stale = sorted(present - expected)
    changes += [UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_512) for name in stale]
    wait_for_all(admin.alter_user_scram_credentials(changes), lambda name: f"user {name} cannot be created or removed")
    created = [changed(f"Kafka user {name} was missing and is created") for name in sorted(expected - present)]
    return created + [changed(f"Kafka user {name} is not in k8s/ and is removed") for name in stale]
