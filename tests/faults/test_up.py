"""`sluice up` reconciles a changed pipeline with k8s/, reports each change, and reports a connector that fails."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from producer.runtime.exit_status import Exit
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client
from sluice.view.endpoints import Endpoints
from tests.administrator import Connection, administrator, run
from tests.local_administrator import local_administrator
from tests.run_sluice import Sluice, wait_for
from tests.security.secret_values import SecretSearch

TOPIC = ConfigResource.Type.TOPIC
SOURCE = "/connectors/mysql-source"


@pytest.fixture
def connect(endpoints: Endpoints) -> Generator[RestEndpoint]:
    """Connect. Afterwards mysql-source is restarted without offsets, as in docs/mysql-source.md."""
    connect = endpoints.connect[0]
    yield connect
    request("PUT", connect, f"{SOURCE}/stop")
    wait_for(lambda: request("DELETE", connect, f"{SOURCE}/offsets")[0] == 200)
    request("PUT", connect, f"{SOURCE}/resume")
    wait_for(lambda: states(connect, SOURCE) == ["RUNNING", "RUNNING"])


def states(connect: RestEndpoint, path: str) -> list[str]:
    status, answer = request("GET", connect, f"{path}/status")
    return [part["state"] for part in [answer["connector"], *answer["tasks"]]] if status == 200 else []


def change_kafka(admin: AdminClient) -> None:
    """Make changes that an administrator might make: settings, an ACL, a user and a topic that are not in k8s/."""
    settings = [
        ConfigEntry("retention.ms", "1000000", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("segment.ms", "900000", incremental_operation=AlterConfigOpType.SET),
    ]
    given = AclBinding(
        ResourceType.TOPIC,
        "images",
        ResourcePatternType.LITERAL,
        "User:eve",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    eve = UserScramCredentialUpsertion("eve", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), b"secret")
    changes: list[dict[Any, Any]] = [
        admin.incremental_alter_configs([ConfigResource(TOPIC, "images", incremental_configs=settings)]),
        admin.create_acls([given]),
        admin.alter_user_scram_credentials([eve]),
        admin.create_topics([NewTopic("somebodys", 1, 1)]),
    ]
    for future in (future for answer in changes for future in answer.values()):
        future.result(30)


def change_connectors(connect: RestEndpoint) -> None:
    """Create a connector that is not in k8s/, and pause one that is."""
    _, config = request("GET", connect, "/connectors/redis-sink/config")
    name = "redis-sink-of-before"
    status, answer = request("PUT", connect, f"/connectors/{name}/config", {**config, "name": name})
    assert status == 201, answer
    request("PUT", connect, "/connectors/redis-sink/pause")


def purge_binary_log(connect: RestEndpoint, endpoints: Endpoints, instance: Instance) -> None:
    """Delete the part of the binary log that the source would resume from."""
    request("PUT", connect, f"{SOURCE}/stop")
    wait_for(lambda: states(connect, SOURCE) == ["STOPPED"])
    with administrator(endpoints, instance) as connection:
        run(connection, "UPDATE myDB.test SET speed = speed + 1")
        # The server does not delete a file that a client still reads, and only warns.
        wait_for(lambda: purge_old_files(connection))


def purge_old_files(connection: Connection) -> bool:
    """Purge all files of the binary log but the newest; return whether they are gone."""
    run(connection, "FLUSH BINARY LOGS")
    with connection.cursor() as cursor:
        cursor.execute("SHOW MASTER STATUS")
        (newest, *_) = cursor.fetchone() or ("",)
        cursor.execute(f"PURGE BINARY LOGS TO '{newest}'")
        cursor.execute("SHOW BINARY LOGS")
        return len(cursor.fetchall()) == 1


def change_database(endpoints: Endpoints, instance: Instance) -> None:
    """Drop a table, revoke a privilege, change a password, lock a user, and create one that is not in k8s/."""
    with administrator(endpoints, instance) as connection:
        run(connection, "ALTER USER 'reader'@'%' IDENTIFIED BY 'somebodys'")
        run(connection, "ALTER USER 'connect'@'%' ACCOUNT LOCK")
        run(connection, "DROP TABLE myDB.gps_fixes")
        run(connection, "REVOKE SELECT ON myDB.* FROM 'reader'@'%'")
        run(connection, "CREATE USER 'eve'@'%'")


def test_everything_is_reconciled_and_a_failed_connector_is_reported(
    connect: RestEndpoint, endpoints: Endpoints, instance: Instance, sluice: Sluice
) -> None:
    admin = admin_client(instance)
    change_kafka(admin)
    change_connectors(connect)
    purge_binary_log(connect, endpoints, instance)
    change_database(endpoints, instance)

    done = sluice("up", "--workers", "1")
    admin.delete_topics(["somebodys"])["somebodys"].result(30)

    for said in (
        "topic images: retention.ms is now 604800000 (was 1000000)",
        "topic images: segment.ms is the default again (was 900000)",
        "topic somebodys is not in k8s/: it stays, with its records",
        "ACL removed: eve may Read topic images",
        "Kafka user eve is not in k8s/ and is removed",
        "table myDB.gps_fixes was missing and is created",
        "database user reader: privilege granted: SELECT ON `myDB`.*",
        "database user eve is not in k8s/mysql and is removed",
        "connector redis-sink-of-before is not in k8s/ and is removed",
        "connector redis-sink is now running (was paused)",
        "connector mysql-source is now running (was stopped)",
        "connector mysql-sink runs",
        "connector redis-sink runs",
        "task 0 of connector mysql-source has FAILED: ",
        "Its position in the binary log is gone",
    ):
        assert said in done.stderr, done.stderr
    for user in ("reader", "connect"):
        local_administrator(endpoints, instance).mysql(user).close()
    assert done.returncode == Exit.FAILED
    assert SecretSearch.of(instance).find((done.stdout + done.stderr).encode()) == set()
    assert "not all of it works" in done.stdout
    assert sorted(request("GET", connect, "/connectors")[1]) == ["mysql-sink", "mysql-source", "redis-sink"]
    # Whenever auto-restart restarts it, it is RUNNING for a moment: status must say FAILED all the same.
    for _ in range(5):
        status = json.loads(sluice("status", "--json").stdout)
        assert status["exit"] == "FAILED", "a connector that fails again after each restart"
