"""Administrator of the local pipeline, with the passwords and certificate in its state folder."""

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from producer.kafka.connection import KafkaUser
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client
from sluice.local.processes import running_processes
from sluice.view.endpoints import Endpoints
from tests.administrator import USER, Administrator, PlainServers
from tests.kill_servers import LocalServerControl

_SECONDS = 30
_ITERATIONS = 4096
_PASSWORD = "of-the-tests"
"""None of the instance's, for which tests/security searches what connectors of the tests show."""


def local_administrator(endpoints: Endpoints, instance: Instance) -> Administrator:
    """Return the administrator of this instance."""
    kafka = KafkaUser(
        bootstrap_servers=endpoints.producer.bootstrap_servers,
        ca_file=endpoints.producer.ca_file,
        username=USER,
        password=_PASSWORD,
    )
    return Administrator(
        endpoints=endpoints,
        servers=LocalServers(endpoints, kafka, instance=instance),
        mysql_user="root",
        passwords=instance.passwords,
    )


def _create_kafka_user(instance: Instance, user: KafkaUser) -> None:
    """Create the user with the same rights as tests/cluster_test_accounts.py in a cluster."""
    client = admin_client(instance)
    credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
    change = UserScramCredentialUpsertion(user.username, credential, user.password.encode())
    rights = [
        AclBinding(
            kind,
            name,
            ResourcePatternType.LITERAL,
            f"User:{user.username}",
            "*",
            operation,
            AclPermissionType.ALLOW,
        )
        for kind, name, operation in (
            (ResourceType.TOPIC, "*", AclOperation.ALL),
            (ResourceType.GROUP, "*", AclOperation.ALL),
            (ResourceType.BROKER, "kafka-cluster", AclOperation.DESCRIBE),
        )
    ]
    for futures in (client.alter_user_scram_credentials([change]), client.create_acls(rights)):
        for future in futures.values():
            future.result(_SECONDS)


class LocalServers(PlainServers):
    """Servers that are processes of this machine."""

    def __init__(self, endpoints: Endpoints, kafka: KafkaUser, *, instance: Instance) -> None:
        super().__init__(endpoints, kafka)
        self._instance = instance

    def kafka_user(self) -> KafkaUser:
        # Every time: `sluice up` revokes rights that are not in k8s/.
        _create_kafka_user(self._instance, self._kafka)
        return self._kafka

    def check_that_redis_can_be_killed(self) -> None:
        """Nothing to check: it can."""

    def kill_redis(self) -> None:
        LocalServerControl(self._instance).kill("redis")

    def start_redis(self) -> None:
        LocalServerControl(self._instance).start("redis")


def process_of(instance: Instance, name: str) -> int:
    """Return the process id of a server of the local pipeline."""
    return next(entry.pid for entry in running_processes(instance) if entry.name == name)
