"""Pauses a sink of the pipeline."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from sluice.local.http_requests import request
from sluice.view.endpoints import Endpoints
from tests.run_sluice import wait_for


@contextmanager
def paused_sink(endpoints: Endpoints, connector: str, *, target: str) -> Generator[None]:
    """Pause the connector inside the context and resume it afterwards."""
    if target != "local":
        pytest.skip(f"Strimzi's operator runs a connector again that its resource does not pause; target: {target}")
    _switch(endpoints, connector, "pause", "PAUSED")
    try:
        yield
    finally:
        _switch(endpoints, connector, "resume", "RUNNING")


def _switch(endpoints: Endpoints, connector: str, command: str, state: str) -> None:
    connect = endpoints.connect[0]
    request("PUT", connect, f"/connectors/{connector}/{command}")

    def switched() -> bool:
        status: Any = request("GET", connect, f"/connectors/{connector}/status")[1]
        return all(part["state"] == state for part in (status["connector"], *status["tasks"]))

    wait_for(switched)
