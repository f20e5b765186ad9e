"""Fixtures for the pipeline under test: its target, endpoints and administrator.

`--target local` (the default) starts a local pipeline once and stops it at the end; `--state DIR` uses a running one
instead. `--target external` uses the pipeline whose addresses are in the environment (sluice/view/endpoints.py).
`--target kind` and `--target context:NAME` use a cluster from outside, as users do; tests that need its brokers are
skipped there, and run inside the cluster by scripts/test-kind.
"""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from producer.runtime.exit_status import SluiceError
from producer.sample import write_sample
from sluice.cluster.target import is_cluster
from sluice.local.instance import Instance
from sluice.local.processes import free_port_base
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator, administrator_of
from tests.local_administrator import local_administrator
from tests.run_sluice import Sluice, run_sluice

ROOT = Path(__file__).resolve().parents[1]
STATE = "a state, of: 'ö' #1 %20 &+ [x]?"
"""Name of the state folder, with difficult characters: every test covers them too."""
REAL_LOG = ROOT.parent / "shared/data/nclt_2012-11-16_gps.csv"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--target", default="local", help="where the pipeline is: as for `sluice`")
    parser.addoption("--state", type=Path, help="state folder of a local pipeline that is already running")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes a second or more; scripts/test --quick leaves it out")
    config.addinivalue_line("markers", "local_only(why): runs with the local pipeline only, and why")
    # A shell's background jobs ignore SIGINT, and so do their children, which tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("local_only")
    if marker and (target := item.config.getoption("--target")) != "local":
        pytest.skip(f"with the local pipeline only (the target is {target}): {marker.args[0]}")


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("--target"))


@pytest.fixture(scope="session")
def environment(
    pytestconfig: pytest.Config, target: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[dict[str, str]]:
    """Environment variables with which `sluice` finds the pipeline."""
    if target != "local":
        yield dict(os.environ)
        return
    running = pytestconfig.getoption("--state")
    state = Path(running).absolute() if running else tmp_path_factory.mktemp("pipeline") / STATE
    env = {**os.environ, "SLUICE_STATE": str(state)}
    if running:
        yield env
        return
    # A umask that gives everyone every right: tests/security checks that nothing is open all the same.
    done = run_sluice("up", "--workers", "1", "--port-base", str(free_port_base()), env=env, umask=0)
    assert done.returncode == 0, done.stderr
    yield env
    done = run_sluice("down", "--purge", env=env)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def endpoints(target: str, environment: dict[str, str]) -> Endpoints:
    if is_cluster(target):
        pytest.skip("the brokers' names resolve in the cluster only: scripts/test-kind runs this there")
    if target == "external":
        try:
            return Endpoints.from_env(environment)
        except SluiceError as error:
            pytest.exit(f"--target external: {error}", returncode=2)
    return Endpoints.from_env(Instance.open(Path(environment["SLUICE_STATE"])).endpoint_variables())


@pytest.fixture(scope="session")
def instance(target: str, environment: dict[str, str]) -> Instance:
    """The local pipeline's instance, for tests of its processes and files."""
    if target != "local":
        pytest.skip(f"tests processes or files of the local pipeline, and the target is {target}")
    return Instance.open(Path(environment["SLUICE_STATE"]))


@pytest.fixture(scope="session")
def admin(
    target: str, endpoints: Endpoints, environment: dict[str, str], request: pytest.FixtureRequest
) -> Administrator:
    """Administrator of the pipeline."""
    if target == "local":
        return local_administrator(endpoints, request.getfixturevalue("instance"))
    return administrator_of(endpoints, env=environment)


@pytest.fixture(scope="session")
def sluice(target: str, environment: dict[str, str]) -> Sluice:
    """Function that runs `sluice` against the pipeline: sluice(*arguments, **options)."""
    return lambda *arguments, **options: run_sluice("--target", target, *arguments, env=environment, **options)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPS log: the real one if it is on this machine, else a generated sample."""
    if REAL_LOG.exists():
        return REAL_LOG
    path = tmp_path_factory.mktemp("sample") / "sample.csv"
    write_sample(path)
    return path
