"""Fixture: a pipeline with two Connect workers, shared by the tests of workers and outages."""

import os
from collections.abc import Generator
from functools import partial
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from sluice.local.instance import Instance
from sluice.local.processes import free_port_base
from sluice.view.endpoints import Endpoints
from tests.administrator import administrator
from tests.faults.two_worker_pipeline import WORKERS, Pipeline
from tests.kill_servers import LocalServerControl
from tests.run_sluice import run_sluice


@pytest.fixture(scope="session")
def instance_of_two(
    target: str, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Instance]:
    """A local pipeline with two workers: that of --state if it has two, else one of its own."""
    if target != "local":
        pytest.skip("servers of other targets cannot be killed yet")
    given = pytestconfig.getoption("--state")
    if given and Instance.open(Path(given).absolute()).workers == len(WORKERS):
        yield Instance.open(Path(given).absolute())
        return
    state = str(tmp_path_factory.mktemp("failover") / "state")
    up = ("up", "--workers", str(len(WORKERS)), "--port-base", str(free_port_base()))
    done = run_sluice("--state", state, *up, env=os.environ)
    assert done.returncode == Exit.OK, done.stderr
    yield Instance.open(Path(state))
    done = run_sluice("--state", state, "down", "--purge", env=os.environ)
    assert done.returncode == Exit.OK, done.stderr


@pytest.fixture(scope="session")
def pipeline(instance_of_two: Instance) -> Pipeline:
    variables = instance_of_two.endpoint_variables()
    endpoints = Endpoints.from_env(variables)
    return Pipeline(
        endpoints=endpoints,
        env={**os.environ, **variables},
        servers=LocalServerControl(instance_of_two),
        connect=partial(administrator, endpoints, instance_of_two),
    )
