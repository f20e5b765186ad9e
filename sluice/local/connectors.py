"""Connectors, brought to what k8s/ says, as Strimzi's operator does on a cluster."""

import time
from collections.abc import Iterable
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from producer.runtime.exit_status import SluiceError
from sluice.local.drift import Drift, changed, compare_settings
from sluice.local.http_requests import request
from sluice.local.pipeline_spec import Connector

_SECONDS = 30
"""Given to the workers to agree on who has what: while they do, they refuse every change."""
_POLL_SECONDS = 0.1
_CLASSES = {"io.debezium.connector.mysql.MySqlConnector": "io.debezium.connector.mariadb.MariaDbConnector"}
"""Debezium's connector for MySQL does not speak to MariaDB; the one that does takes the same settings."""
_REQUESTS = {"running": "resume", "paused": "pause", "stopped": "stop"}
_SECRET = ("password", "secret", "jaas", "token", "credential", "user.info")


def local_connector_class(class_: str) -> str:
    """The connector that stands here for one that a cluster runs."""
    return _CLASSES.get(class_, class_)


def reconcile_connectors(url: str, connectors: Iterable[Connector]) -> list[Drift]:
    """Remove connectors that are not described, make or change those that are, and pause, stop or resume them.

    Raises SluiceError with Connect's reason.
    """
    connectors = list(connectors)
    present: dict[str, Any] = _ask("GET", f"{url}/connectors?expand=info", what="Connect cannot be asked")
    stale = sorted(present.keys() - {connector.name for connector in connectors})
    for name in stale:
        _ask("DELETE", f"{url}/connectors/{name}", what=f"the connector {name} cannot be removed")
    found = [changed(f"connector {name} is not in k8s/ and is removed") for name in stale]
    for connector in connectors:
        info = present.get(connector.name)
        found += _create(url, connector) if info is None else _change(url, connector, info["info"]["config"])
    return found


def restart_failed(url: str, name: str, *, seconds: float = _SECONDS) -> bool:
    """Restart what has failed of a connector; False where Connect is rebalancing or does not answer."""
    try:
        status, _ = request(
            "POST", f"{url}/connectors/{name}/restart?includeTasks=true&onlyFailed=true", seconds=seconds
        )
    except (OSError, HTTPException):
        return False
    return status < HTTPStatus.BAD_REQUEST


def _create(url: str, connector: Connector) -> list[Drift]:
    body = {"name": connector.name, "config": _config(connector), "initial_state": connector.state.upper()}
    _ask("POST", f"{url}/connectors", body, what=f"Connect refuses the connector {connector.name}")
    state = "" if connector.state == "running" else f", {connector.state}"
    return [changed(f"connector {connector.name} was missing and is made{state}")]


def _change(url: str, connector: Connector, present: dict[str, str]) -> list[Drift]:
    own = f"{url}/connectors/{connector.name}"
    before = {name: value for name, value in present.items() if name != "name"}
    now = _config(connector)
    if before != now:
        _ask("PUT", f"{own}/config", now, what=f"Connect refuses the connector {connector.name}")
    found = compare_settings(
        f"connector {connector.name}", _shown(before, other_than=before), _shown(now, other_than=before)
    )
    state = _state(own)
    if connector.state != state:
        _ask("PUT", f"{own}/{_REQUESTS[connector.state]}", what=f"{connector.name} cannot be {connector.state}")
        found.append(changed(f"connector {connector.name} is now {connector.state} (was {state})"))
    return found


def _config(connector: Connector) -> dict[str, str]:
    return {**connector.config, "connector.class": local_connector_class(connector.config["connector.class"])}


def _shown(config: dict[str, str], *, other_than: dict[str, str]) -> dict[str, str]:
    """The settings with the values that may be told; of a secret, only whether it is another one."""
    return {
        name: ("another secret" if other_than.get(name) != value else "a secret") if _is_secret(name, value) else value
        for name, value in config.items()
    }


def _is_secret(name: str, value: str) -> bool:
    return any(word in name.lower() for word in _SECRET) and not value.startswith("${env:")


def _state(url: str) -> str:
    """running, paused or stopped; running while the workers have not said anything else in time."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        status, answer = _answer("GET", f"{url}/status", what="Connect cannot be asked")
        state = answer["connector"]["state"] if status == HTTPStatus.OK else "UNASSIGNED"
        if state in ("PAUSED", "STOPPED"):
            return str(state).lower()
        if state in ("RUNNING", "FAILED"):
            break
        time.sleep(_POLL_SECONDS)
    return "running"


def _ask(method: str, url: str, body: object = None, *, what: str) -> Any:
    """What Connect answers, asked again while its workers rebalance; raises SluiceError with its reason."""
    deadline = time.monotonic() + _SECONDS
    while True:
        status, answer = _answer(method, url, body, what=what)
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        if status != HTTPStatus.CONFLICT or time.monotonic() > deadline:
            reason = answer.get("message") if isinstance(answer, dict) else answer
            raise SluiceError(f"{what} (HTTP {status}): {reason}")
        time.sleep(_POLL_SECONDS)


def _answer(method: str, url: str, body: object = None, *, what: str) -> tuple[int, Any]:
    try:
        return request(method, url, body)
    except (OSError, HTTPException) as error:
        raise SluiceError(f"{what}: {error}") from error
