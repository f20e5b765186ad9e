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
    url = f"{endpoints.connect_urls[0]}/connectors/{connector}"
    _switch(url, "pause", "PAUSED")
    try:
        yield
    finally:
        _switch(url, "resume", "RUNNING")


def _switch(url: str, command: str, state: str) -> None:
    request("PUT", f"{url}/{command}")

    def switched() -> bool:
        status: Any = request("GET", f"{url}/status")[1]
        return all(part["state"] == state for part in (status["connector"], *status["tasks"]))

    wait_for(switched)
