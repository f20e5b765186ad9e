"""Kafka Connect: distributed workers, and the connectors that they are given."""

import threading
import time
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any

from exits import Exit, SluiceError
from local.description import Connector, Description
from local.http import answers, request
from local.instance import Instance
from local.java import classpath, java, properties
from local.kafka import scram_client
from local.processes import Server

_HEAP = 512
_LOGGING = Path(__file__).with_name("log4j2.properties")
_POLL_SECONDS = 0.1


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
            f"-Dlog4j2.configurationFile={_LOGGING}",
            "-cp",
            classpath(servers / "kafka"),
            "org.apache.kafka.connect.cli.ConnectDistributed",
            str(settings),
            heap_megabytes=_HEAP,
            cache=servers / "connect.aot",
        ),
        env=connector_variables(instance),
        folder=instance.folder("connect"),
        ready=lambda: answers(f"{url}/health"),
    )


def connector_variables(instance: Instance) -> dict[str, str]:
    """What the ${env:…} of a connector stand for here; k8s/connect.yaml says it for a cluster."""
    return {
        "REGISTRY_URL": f"http://127.0.0.1:{instance.port('registry')}/apis/registry/v3",
        "MYSQL_URL": f"jdbc:mariadb://127.0.0.1:{instance.port('mysql')}/myDB",
        "MYSQL_PASSWORD": instance.passwords["mysql-connect"],
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
        "plugin.path": str(servers / "plugins"),
        "listeners": f"http://127.0.0.1:{port}",
        "rest.advertised.host.name": "127.0.0.1",
        "rest.advertised.port": str(port),
    }


def apply_connector(url: str, connector: Connector) -> None:
    """Create a connector or change its settings; raises SluiceError with Connect's reason."""
    status, answer = request("PUT", f"{url}/connectors/{connector.name}/config", dict(connector.config))
    if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        reason = answer.get("message") if isinstance(answer, dict) else answer
        raise SluiceError(f"Connect refuses the connector {connector.name} (HTTP {status}): {reason}")


def wait_running(url: str, connector: Connector, *, seconds: float, cancelled: threading.Event) -> None:
    """Wait until a connector and all its tasks run.

    Raises SluiceError with the trace's first line when one fails or time runs out.
    """
    deadline = time.monotonic() + seconds
    while True:
        state = _state(url, connector.name)
        parts = [state["connector"], *state["tasks"]] if state else []
        failed = next((part for part in parts if part["state"] == "FAILED"), None)
        if failed:
            raise SluiceError(f"connector {connector.name} failed: {failed.get('trace', '').splitlines()[:1]}")
        if len(parts) > 1 and all(part["state"] == "RUNNING" for part in parts):
            return
        if time.monotonic() > deadline:
            raise SluiceError(f"connector {connector.name} does not run after {seconds:.0f} s: {parts}")
        if cancelled.wait(_POLL_SECONDS):
            raise SluiceError("interrupted", status=Exit.INTERRUPTED)


def _state(url: str, name: str) -> Any:
    try:
        status, answer = request("GET", f"{url}/connectors/{name}/status")
    except (OSError, HTTPException):
        return None
    return answer if status == HTTPStatus.OK else None
