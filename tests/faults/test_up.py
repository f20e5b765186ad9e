"""`sluice up` brings a place back to what k8s/ says, says what it changed, and tells of a connector that fails."""

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
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client
from sluice.view.endpoints import Endpoints
from tests.administrator import Connection, administrator, run
from tests.support import Sluice, wait_for

TOPIC = ConfigResource.Type.TOPIC


@pytest.fixture
def connect(endpoints: Endpoints) -> Generator[str]:
    """Where Connect answers. Afterwards mysql-source begins anew, as docs/mysql-source.md has it."""
    url = f"{endpoints.connect_urls[0]}/connectors"
    yield url
    source = f"{url}/mysql-source"
    request("PUT", f"{source}/stop")
    wait_for(lambda: request("DELETE", f"{source}/offsets")[0] == 200)
    request("PUT", f"{source}/resume")
    wait_for(lambda: states(source) == ["RUNNING", "RUNNING"])


def states(url: str) -> list[str]:
    status, answer = request("GET", f"{url}/status")
    return [part["state"] for part in [answer["connector"], *answer["tasks"]]] if status == 200 else []


def change_kafka(admin: AdminClient) -> None:
    """What k8s/ does not say, as somebody with an administrator's client might leave it."""
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


def change_connectors(url: str) -> None:
    """A connector that k8s/ has under another name, and one that does not run."""
    _, config = request("GET", f"{url}/redis-sink/config")
    status, answer = request("PUT", f"{url}/redis-sink-of-before/config", {**config, "name": "redis-sink-of-before"})
    assert status == 201, answer
    request("PUT", f"{url}/redis-sink/pause")


def take_the_log_away(url: str, endpoints: Endpoints, instance: Instance) -> None:
    """The place in the binary log to which the source would go back."""
    request("PUT", f"{url}/mysql-source/stop")
    wait_for(lambda: states(f"{url}/mysql-source") == ["STOPPED"])
    with administrator(endpoints, instance) as connection:
        run(connection, "UPDATE myDB.test SET speed = speed + 1")
        # A file that is still being sent to somebody is not deleted, and the server only warns.
        wait_for(lambda: only_the_newest_file_is_left(connection))


def only_the_newest_file_is_left(connection: Connection) -> bool:
    run(connection, "FLUSH BINARY LOGS")
    with connection.cursor() as cursor:
        cursor.execute("SHOW MASTER STATUS")
        (newest, *_) = cursor.fetchone() or ("",)
        cursor.execute(f"PURGE BINARY LOGS TO '{newest}'")
        cursor.execute("SHOW BINARY LOGS")
        return len(cursor.fetchall()) == 1


def change_database(endpoints: Endpoints, instance: Instance) -> None:
    """A table and a right that are gone, and a user that nobody described."""
    with administrator(endpoints, instance) as connection:
        run(connection, "DROP TABLE myDB.gps_fixes")
        run(connection, "REVOKE SELECT ON myDB.* FROM 'reader'@'%%'")
        run(connection, "CREATE USER 'eve'@'%%'")


def test_all_is_as_described_again_but_what_failed_and_that_is_told(
    connect: str, endpoints: Endpoints, instance: Instance, sluice: Sluice
) -> None:
    admin = admin_client(instance)
    change_kafka(admin)
    change_connectors(connect)
    take_the_log_away(connect, endpoints, instance)
    change_database(endpoints, instance)

    done = sluice("up", "--workers", "1")
    admin.delete_topics(["somebodys"])["somebodys"].result(30)

    for said in (
        "topic images: retention.ms is now 604800000 (was 1000000)",
        "topic images: segment.ms is the default again (was 900000)",
        "topic somebodys is not in k8s/: it stays, with its messages",
        "right taken: eve may Read topic images",
        "Kafka user eve is not in k8s/ and is taken away",
        "table myDB.gps_fixes was missing and is made",
        "right given: database user reader: SELECT ON `myDB`.*",
        "database user eve is not in k8s/mysql and is taken away",
        "connector redis-sink-of-before is not in k8s/ and is removed",
        "connector redis-sink is now running (was paused)",
        "connector mysql-source is now running (was stopped)",
        "connector mysql-sink runs",
        "connector redis-sink runs",
        "task 0 of connector mysql-source has FAILED: ",
        "Its position in the binary log is gone",
    ):
        assert said in done.stderr, done.stderr
    assert done.returncode == Exit.FAILED
    assert "not all of it works" in done.stdout
    assert sorted(request("GET", connect)[1]) == ["mysql-sink", "mysql-source", "redis-sink"]
    # It runs for a moment whenever auto-restart tries it again, and is no better for that.
    for _ in range(5):
        status = json.loads(sluice("status", "--json").stdout)
        assert status["exit"] == "FAILED", "the rest is up, so that it can be mended"
