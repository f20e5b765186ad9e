"""Kafka Connect: distributed workers, and the connectors that they are given."""

import threading
import time
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any

from exits import Exit, SluiceError
from local.description import Connector, Description
from local.fetch import plugin_path
from local.http import answers, request
from local.instance import Instance
from local.java import java, properties
from local.kafka import program, scram_client
from local.processes import Server

_POLL_SECONDS = 0.1
_RESTARTS = 3
_RESTART_SECONDS = 1.0
_CLASSES = {"io.debezium.connector.mysql.MySqlConnector": "io.debezium.connector.mariadb.MariaDbConnector"}
"""Debezium's connector for MySQL does not speak to MariaDB; the one that does takes the same settings."""


def worker(instance: Instance, *, index: int, description: Description, servers: Path) -> Server:
    """The process of worker `index` (from 0); ready when it is a member of its group and serves."""
    name = f"connect-{index + 1}"
    settings = instance.write(
        f"{name}.properties",
        properties(_settings(instance, index=index, description=description, servers=servers)),
    )
    url = f"http://127.0.0.1:{instance.port('connect', index)}"
    return Server(
        name=name,
        command=java(
            *program("org.apache.kafka.connect.cli.ConnectDistributed", str(settings), servers=servers),
            heap=description.worker_heap,
            cache=servers / "connect.aot",
        ),
        env=connector_variables(instance),
        folder=instance.folder("connect"),
        ready=lambda: answers(f"{url}/health"),
    )


def connector_variables(instance: Instance) -> dict[str, str]:
    """What the ${env:…} of a connector stand for here; k8s/connect.yaml says it for a cluster."""
    return {
        "BROKER_BOOTSTRAP_SERVERS": f"127.0.0.1:{instance.port('kafka')}",
        "BROKER_CA_CERTIFICATE": (instance.state / "tls/ca.pem").read_text(encoding="ascii"),
        "BROKER_JAAS_CONFIG": scram_client(instance, "connect")["sasl.jaas.config"],
        "REGISTRY_URL": f"http://127.0.0.1:{instance.port('registry')}/apis/ccompat/v7",
        "MYSQL_DIALECT": "org.hibernate.dialect.MariaDBDialect",
        "MYSQL_URL": f"jdbc:mysql://127.0.0.1:{instance.port('mysql')}/myDB",
        "MYSQL_PASSWORD": instance.passwords["mysql-connect"],
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_PORT": str(instance.port("mysql")),
        "MYSQL_SOURCE_PASSWORD": instance.passwords["mysql-source"],
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(instance.port("redis")),
        "REDIS_PASSWORD": instance.passwords["redis-connect"],
    }


def _settings(instance: Instance, *, index: int, description: Description, servers: Path) -> dict[str, str]:
    login = scram_client(instance, "connect")
    port = instance.port("connect", index)
    # A worker has three kinds of client, and each is configured on its own.
    clients = {
        f"{kind}{name}": value for kind in ("", "producer.", "consumer.", "admin.") for name, value in login.items()
    }
    return {
        **description.worker,
        **clients,
        "bootstrap.servers": f"127.0.0.1:{instance.port('kafka')}",
        "plugin.path": plugin_path(servers),
        "listeners": f"http://127.0.0.1:{port}",
        "rest.advertised.host.name": "127.0.0.1",
        "rest.advertised.port": str(port),
    }


def class_here(class_: str) -> str:
    """The connector that stands here for one that a cluster runs."""
    return _CLASSES.get(class_, class_)


def apply_connector(url: str, connector: Connector) -> None:
    """Create a connector or change its settings; raises SluiceError with Connect's reason."""
    config = {**connector.config, "connector.class": class_here(connector.config["connector.class"])}
    status, answer = request("PUT", f"{url}/connectors/{connector.name}/config", config)
    if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        reason = answer.get("message") if isinstance(answer, dict) else answer
        raise SluiceError(f"Connect refuses the connector {connector.name} (HTTP {status}): {reason}")


def wait_running(url: str, connector: Connector, *, seconds: float, cancelled: threading.Event) -> None:
    """Wait until a connector and all its tasks run, starting those that failed again as Strimzi's autoRestart does.

    A worker that comes back starts its tasks at once, with their old settings and maybe before the database is
    there. Raises SluiceError with the trace's first line when one goes on failing or time runs out.
    """
    deadline = time.monotonic() + seconds
    restarts = 0
    while True:
        parts = _parts(url, connector.name)
        failed = next((part for part in parts if part["state"] == "FAILED"), None)
        if failed and restarts == _RESTARTS:
            raise SluiceError(f"connector {connector.name} failed: {failed.get('trace', '').partition(chr(10))[0]}")
        if failed:
            restarts += 1
            request("POST", f"{url}/connectors/{connector.name}/restart?includeTasks=true&onlyFailed=true")
        elif len(parts) > 1 and all(part["state"] == "RUNNING" for part in parts):
            return
        if time.monotonic() > deadline:
            raise SluiceError(f"connector {connector.name} does not run after {seconds:.0f} s: {parts}")
        if cancelled.wait(_RESTART_SECONDS if failed else _POLL_SECONDS):
            raise SluiceError("interrupted", status=Exit.INTERRUPTED)


def _parts(url: str, name: str) -> list[Any]:
    """The states of a connector and its tasks; nothing where they are not known yet."""
    try:
        status, answer = request("GET", f"{url}/connectors/{name}/status")
    except (OSError, HTTPException):
        return []
    return [answer["connector"], *answer["tasks"]] if status == HTTPStatus.OK else []
