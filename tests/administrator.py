"""Administrator rights on a pipeline for tests, which `sluice` itself does not have: to write tables, to kill servers.

The administrator of a local pipeline is the owner of its state folder. For other targets VARIABLES hold the passwords
of users with more rights than the pipeline's own; in a cluster scripts/test-kind creates these users for one test run.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, TypeAlias

import pymysql
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from redis import Redis

from producer.kafka.connection import KafkaUser
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.view.endpoints import Endpoints

Connection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"
USER = "tests"
"""MySQL and Kafka user that scripts/test-kind creates."""
VARIABLES = {
    "SLUICE_TEST_MYSQL_PASSWORD": f"password of the MySQL user {USER}, who may do anything",
    "SLUICE_TEST_MYSQL_CONNECT_PASSWORD": "password of the MySQL user connect",
    "SLUICE_TEST_MYSQL_SOURCE_PASSWORD": "password of the MySQL user source",
    "SLUICE_TEST_REDIS_ADMIN_PASSWORD": "password of the Redis user admin",
    "SLUICE_TEST_REDIS_CONNECT_PASSWORD": "password of the Redis user connect",
    "SLUICE_TEST_KAFKA_PASSWORD": f"password of the Kafka user {USER}, who may do anything to topics and groups, and "
    "list the ACLs",
    "SLUICE_TEST_KAFKA_CONNECT_PASSWORD": "password of the Kafka user connect",
    "SLUICE_TEST_KAFKA_REGISTRY_PASSWORD": "password of the Kafka user registry",
}
_SECONDS = 60


class Servers(Protocol):
    """Operations on the pipeline's servers that need more than their own protocols."""

    def kafka_user(self) -> KafkaUser:
        """Return a Kafka user with all rights on topics and consumer groups."""
        ...

    def create_connector(self, name: str, config: Mapping[str, str]) -> None:
        """Create a connector beside the pipeline's own."""
        ...

    def delete_connector(self, name: str) -> None:
        """Delete a connector and wait until it is gone."""
        ...

    def stop_connector(self, name: str) -> None:
        """Stop a connector: it keeps its settings and has no tasks."""
        ...

    def resume_connector(self, name: str) -> None:
        """Start a stopped connector."""
        ...

    def set_topic(self, topic: str, name: str, value: str) -> None:
        """Change a setting of one of the pipeline's topics."""
        ...

    def check_that_redis_can_be_killed(self) -> None:
        """Skip the test if Redis cannot be killed."""
        ...

    def kill_redis(self) -> None:
        """Kill Redis with SIGKILL and wait until it is gone."""
        ...

    def start_redis(self) -> None:
        """Start Redis and wait until it answers."""
        ...


@dataclass(frozen=True, kw_only=True)
class Administrator:
    """Administrator of one pipeline: connections with all rights."""

    endpoints: Endpoints
    servers: Servers
    mysql_user: str
    passwords: Mapping[str, str] = field(repr=False)
    """Passwords by store and user, with the names of sluice/local/instance.py: `redis-admin`, `mysql-source`, …"""

    def mysql(self, user: str | None = None) -> Connection:
        """Return a connection of a user, by default of one who may write all tables; autocommit."""
        name = user or self.mysql_user
        return pymysql.connect(
            host=self.endpoints.mysql.host,
            port=self.endpoints.mysql.port,
            user=name,
            password=self.passwords[f"mysql-{name}"],
            autocommit=True,
            charset="utf8mb4",
        )

    def redis(self, user: str = "admin", *, database: int = 0) -> Redis:
        """Return a Redis client; the user `admin` has all rights."""
        return Redis(
            host=self.endpoints.redis.host,
            port=self.endpoints.redis.port,
            username=user,
            password=self.passwords[f"redis-{user}"],
            db=database,
        )

    @property
    def kafka(self) -> KafkaUser:
        """Kafka user with all rights on topics and consumer groups."""
        return self.servers.kafka_user()

    def topics(self) -> AdminClient:
        """Return a client that creates and deletes topics."""
        return AdminClient(self.kafka.client_settings())

    def consumer_override(self) -> dict[str, str]:
        """Return settings of a sink that consumes as this user: the pipeline's own may not read other topics."""
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        user = self.kafka
        login = f'{module} required username="{user.username}" password="{user.password}";'
        return {"consumer.override.sasl.jaas.config": login}


def administrator_of(endpoints: Endpoints, *, env: Mapping[str, str]) -> Administrator:
    """Return the administrator of a pipeline that is not local; skips the test if VARIABLES are not set."""
    from tests.kubernetes_servers import KubernetesServers, in_pod  # noqa: PLC0415 the client takes a second to import

    if missing := [f"{name} ({VARIABLES[name]})" for name in VARIABLES if not env.get(name)]:
        pytest.skip(f"needs an administrator, which scripts/test-kind creates; not set: {', '.join(missing)}")
    kafka = KafkaUser(
        bootstrap_servers=endpoints.producer.bootstrap_servers,
        ca_file=endpoints.producer.ca_file,
        username=USER,
        password=env["SLUICE_TEST_KAFKA_PASSWORD"],
    )
    passwords = {
        f"mysql-{USER}": env["SLUICE_TEST_MYSQL_PASSWORD"],
        "mysql-connect": env["SLUICE_TEST_MYSQL_CONNECT_PASSWORD"],
        "mysql-source": env["SLUICE_TEST_MYSQL_SOURCE_PASSWORD"],
        "mysql-reader": endpoints.mysql.password,
        "redis-admin": env["SLUICE_TEST_REDIS_ADMIN_PASSWORD"],
        "redis-connect": env["SLUICE_TEST_REDIS_CONNECT_PASSWORD"],
        "redis-reader": endpoints.redis.password,
        "kafka-producer": endpoints.producer.password,
        "kafka-consumer": endpoints.consumer.password,
        "kafka-connect": env["SLUICE_TEST_KAFKA_CONNECT_PASSWORD"],
        "kafka-registry": env["SLUICE_TEST_KAFKA_REGISTRY_PASSWORD"],
    }
    servers = KubernetesServers(endpoints, kafka) if in_pod() else PlainServers(endpoints, kafka)
    return Administrator(endpoints=endpoints, servers=servers, mysql_user=USER, passwords=passwords)


class PlainServers:
    """Servers reached by Connect's REST API and Kafka's protocol only."""

    def __init__(self, endpoints: Endpoints, kafka: KafkaUser) -> None:
        self._connect = endpoints.connect[0]
        self._kafka = kafka

    def kafka_user(self) -> KafkaUser:
        return self._kafka

    def create_connector(self, name: str, config: Mapping[str, str]) -> None:
        status, answer = request("PUT", self._connect, f"/connectors/{name}/config", dict(config))
        assert status == HTTPStatus.CREATED, answer

    def delete_connector(self, name: str) -> None:
        request("DELETE", self._connect, f"/connectors/{name}")

    def stop_connector(self, name: str) -> None:
        request("PUT", self._connect, f"/connectors/{name}/stop")

    def resume_connector(self, name: str) -> None:
        request("PUT", self._connect, f"/connectors/{name}/resume")

    def set_topic(self, topic: str, name: str, value: str) -> None:
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        client = AdminClient(self.kafka_user().client_settings())
        for done in client.incremental_alter_configs([resource]).values():
            done.result(_SECONDS)

    def check_that_redis_can_be_killed(self) -> None:
        pytest.skip("there is no way to kill a server that is neither of this machine nor of a cluster")

    def kill_redis(self) -> None:
        raise NotImplementedError

    def start_redis(self) -> None:
        raise NotImplementedError


@contextmanager
def administrator(endpoints: Endpoints, instance: Instance | None) -> Generator[Connection]:
    """Yield the administrator's connection to MySQL."""
    if instance:
        from tests.local_administrator import local_administrator  # noqa: PLC0415 it imports this module

        admin = local_administrator(endpoints, instance)
    else:
        admin = administrator_of(endpoints, env=os.environ)
    with admin.mysql() as connection:
        yield connection


def run(connection: Connection, statement: str, *values: object) -> int:
    """Run one statement; returns the generated key of an inserted row, or 0."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return int(cursor.lastrowid or 0)
