"""The administrator of the embedded pipeline: whoever may read its folder."""

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
from tests.parts import Processes

_SECONDS = 30
_ITERATIONS = 4096


def embedded_administrator(endpoints: Endpoints, instance: Instance) -> Administrator:
    """What the folder's passwords and its admin certificate allow."""
    kafka = KafkaUser(
        bootstrap_servers=endpoints.producer.bootstrap_servers,
        ca_file=endpoints.producer.ca_file,
        username=USER,
        password=instance.passwords["kafka-producer"],
    )
    return Administrator(
        endpoints=endpoints,
        servers=EmbeddedServers(endpoints, kafka, instance=instance),
        mysql_user="root",
        passwords=instance.passwords,
    )


def _make_kafka_user(instance: Instance, user: KafkaUser) -> None:
    """With the rights that tests/in_cluster.py gives it on a cluster."""
    client = admin_client(instance)
    credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
    change = UserScramCredentialUpsertion(user.username, credential, user.password.encode())
    rights = [
        AclBinding(
            kind,
            "*",
            ResourcePatternType.LITERAL,
            f"User:{user.username}",
            "*",
            AclOperation.ALL,
            AclPermissionType.ALLOW,
        )
        for kind in (ResourceType.TOPIC, ResourceType.GROUP)
    ]
    for futures in (client.alter_user_scram_credentials([change]), client.create_acls(rights)):
        for future in futures.values():
            future.result(_SECONDS)


class EmbeddedServers(PlainServers):
    """Processes of this machine."""

    def __init__(self, endpoints: Endpoints, kafka: KafkaUser, *, instance: Instance) -> None:
        super().__init__(endpoints, kafka)
        self._instance = instance

    def kafka_user(self) -> KafkaUser:
        # Each time: `sluice up` takes away the rights that k8s/ does not give.
        _make_kafka_user(self._instance, self._kafka)
        return self._kafka

    def check_that_redis_can_be_killed(self) -> None:
        """It can."""

    def kill_redis(self) -> None:
        Processes(self._instance).kill("redis")

    def start_redis(self) -> None:
        Processes(self._instance).start("redis")


def process_of(instance: Instance, name: str) -> int:
    """The process id of a part of the embedded pipeline."""
    return next(entry.pid for entry in running_processes(instance) if entry.name == name)
