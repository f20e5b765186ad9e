"""Reconciles connectors with k8s/connectors/, as Strimzi's operator does on a cluster."""

import time
from collections.abc import Iterable
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from producer.runtime.exit_status import SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.drift import Drift, changed, compare_settings
from sluice.local.http_requests import request
from sluice.local.pipeline_spec import Connector
from sluice.secret_settings import is_placeholder, is_secret_name

_REBALANCE_SECONDS = 30
"""Time that the workers have to rebalance, s; meanwhile they answer every change with 409."""
_POLL_SECONDS = 0.1
_LOCAL_CLASSES = {"io.debezium.connector.mysql.MySqlConnector": "io.debezium.connector.mariadb.MariaDbConnector"}
"""Debezium's connector for MySQL cannot read MariaDB's binary log; the one that can has the same settings."""
_STATE_REQUESTS = {"running": "resume", "paused": "pause", "stopped": "stop"}


def local_connector_class(class_: str) -> str:
    """Return the connector class that the local pipeline uses in place of `class_`."""
    return _LOCAL_CLASSES.get(class_, class_)


def reconcile_connectors(connect: RestEndpoint, connectors: Iterable[Connector]) -> list[Drift]:
    """Delete connectors that are not in `connectors`; create, change, pause, stop or resume the others.

    Raises SluiceError with Connect's reason.
    """
    connectors = list(connectors)
    present: dict[str, Any] = _request("GET", connect, "/connectors?expand=info", failure="Connect cannot be asked")
    unknown = sorted(present.keys() - {connector.name for connector in connectors})
    for name in unknown:
        _request("DELETE", connect, f"/connectors/{name}", failure=f"the connector {name} cannot be removed")
    drifts = [changed(f"connector {name} is not in k8s/ and is removed") for name in unknown]
    for connector in connectors:
        info = present.get(connector.name)
        drifts += _create(connect, connector) if info is None else _change(connect, connector, info["info"]["config"])
    return drifts


def restart_failed(connect: RestEndpoint, name: str, *, seconds: float = _REBALANCE_SECONDS) -> bool:
    """Restart a connector's failed instance and tasks; return False where Connect is rebalancing or does not answer."""
    try:
        status, _ = request(
            "POST", connect, f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true", seconds=seconds
        )
    except (OSError, HTTPException):
        return False
    return status < HTTPStatus.BAD_REQUEST


def _create(connect: RestEndpoint, connector: Connector) -> list[Drift]:
    body = {"name": connector.name, "config": _config(connector), "initial_state": connector.state.upper()}
    _request("POST", connect, "/connectors", body, failure=f"Connect refuses the connector {connector.name}")
    state = "" if connector.state == "running" else f", {connector.state}"
    return [changed(f"connector {connector.name} was missing and is created{state}")]


def _change(connect: RestEndpoint, connector: Connector, present: dict[str, str]) -> list[Drift]:
    own = f"/connectors/{connector.name}"
    before = {name: value for name, value in present.items() if name != "name"}
    now = _config(connector)
    if before != now:
        _request("PUT", connect, f"{own}/config", now, failure=f"Connect refuses the connector {connector.name}")
    drifts = compare_settings(
        f"connector {connector.name}", _masked(before, previous=before), _masked(now, previous=before)
    )
    state = _state(connect, own)
    if connector.state != state:
        _request(
            "PUT",
            connect,
            f"{own}/{_STATE_REQUESTS[connector.state]}",
            failure=f"{connector.name} cannot be {connector.state}",
        )
        drifts.append(changed(f"connector {connector.name} is now {connector.state} (was {state})"))
    return drifts


def _config(connector: Connector) -> dict[str, str]:
    return {**connector.config, "connector.class": local_connector_class(connector.config["connector.class"])}


def _masked(config: dict[str, str], *, previous: dict[str, str]) -> dict[str, str]:
    """Return settings for display: in place of a secret, only whether it differs from the previous one."""
    return {
        name: ("another secret" if previous.get(name) != value else "a secret") if _is_secret(name, value) else value
        for name, value in config.items()
    }


def _is_secret(name: str, value: str) -> bool:
    return is_secret_name(name) and not is_placeholder(value)


def _state(connect: RestEndpoint, path: str) -> str:
    """Return running, paused or stopped; running where the workers report no state in time."""
    deadline = time.monotonic() + _REBALANCE_SECONDS
    while time.monotonic() < deadline:
        status, answer = _request_once("GET", connect, f"{path}/status", failure="Connect cannot be asked")
        state = answer["connector"]["state"] if status == HTTPStatus.OK else "UNASSIGNED"
        if state in ("PAUSED", "STOPPED"):
            return str(state).lower()
        if state in ("RUNNING", "FAILED"):
            break
        time.sleep(_POLL_SECONDS)
    return "running"


def _request(method: str, connect: RestEndpoint, path: str, body: object = None, *, failure: str) -> Any:
    """Send a request, again while the workers rebalance, and return Connect's answer.

    Raises SluiceError with `failure` and Connect's reason.
    """
    deadline = time.monotonic() + _REBALANCE_SECONDS
    while True:
        status, answer = _request_once(method, connect, path, body, failure=failure)
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        if status != HTTPStatus.CONFLICT or time.monotonic() > deadline:
            reason = answer.get("message") if isinstance(answer, dict) else answer
            raise SluiceError(f"{failure} (HTTP {status}): {reason}")
        time.sleep(_POLL_SECONDS)


def _request_once(
    method: str, connect: RestEndpoint, path: str, body: object = None, *, failure: str
) -> tuple[int, Any]:
    try:
        return request(method, connect, path, body)
    except (OSError, HTTPException) as error:
        raise SluiceError(f"{failure}: {error}") from error
