"""Command-line options and fixtures of the tests: the pipeline that they use, and its endpoints.

`--target local` (the default) starts a local pipeline once and ends it; `--state DIR` uses the one that
runs there. `--target external` uses the one that the variables of sluice/view/endpoints.py name. `--target kind` and
`--target context:NAME` reach a cluster from outside, as a user does; tests that need its brokers are skipped there, and
run inside by scripts/test-kind.
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
from tests.embedded_administrator import embedded_administrator
from tests.support import Sluice, run_sluice

ROOT = Path(__file__).resolve().parents[1]
STATE = "a state, of: 'ö' #1 %20 &+ [x]?"
"""As nasty as a folder's name may be: every test of the pipeline is one of that too."""
REAL_LOG = ROOT.parent / "shared/data/nclt_2012-11-16_gps.csv"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--target", default="local", help="where the pipeline is: as for `sluice`")
    parser.addoption("--state", type=Path, help="folder of an embedded pipeline that is up already")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "embedded(why): runs in the embedded pipeline only, and why")
    config.addinivalue_line("markers", "slow: takes a second or more; scripts/test --quick leaves it out")
    # A shell starts what it runs in the background deaf to Ctrl-C, and so all that tests start, and interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("embedded")
    if marker and (target := item.config.getoption("--target")) != "local":
        pytest.skip(f"in the embedded pipeline only (the target is {target}): {marker.args[0]}")


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("--target"))


@pytest.fixture(scope="session")
def environment(
    pytestconfig: pytest.Config, target: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[dict[str, str]]:
    """The environment in which `sluice` finds the pipeline."""
    if target != "local":
        yield dict(os.environ)
        return
    running = pytestconfig.getoption("--state")
    state = Path(running).absolute() if running else tmp_path_factory.mktemp("place") / STATE
    env = {**os.environ, "SLUICE_STATE": str(state)}
    if running:
        yield env
        return
    done = run_sluice("up", "--workers", "1", "--port-base", str(free_port_base()), env=env)
    assert done.returncode == 0, done.stderr
    yield env
    done = run_sluice("down", "--purge", env=env)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def endpoints(target: str, environment: dict[str, str]) -> Endpoints:
    if is_cluster(target):
        pytest.skip("Kafka's brokers are known by their names in the cluster: scripts/test-kind runs this there")
    if target == "external":
        try:
            return Endpoints.from_env(environment)
        except SluiceError as error:
            pytest.exit(f"--target external: {error}", returncode=2)
    return Endpoints.from_env(Instance.open(Path(environment["SLUICE_STATE"])).endpoint_variables())


@pytest.fixture(scope="session")
def instance(target: str, environment: dict[str, str]) -> Instance:
    """The embedded pipeline's own folder, for what is done to processes and files of this machine."""
    if target != "local":
        pytest.skip(f"it is about processes or files of this machine, and the target is {target}")
    return Instance.open(Path(environment["SLUICE_STATE"]))


@pytest.fixture(scope="session")
def admin(
    target: str, endpoints: Endpoints, environment: dict[str, str], request: pytest.FixtureRequest
) -> Administrator:
    """Somebody who may do anything to the pipeline, wherever it is."""
    if target == "local":
        return embedded_administrator(endpoints, request.getfixturevalue("instance"))
    return administrator_of(endpoints, env=environment)


@pytest.fixture(scope="session")
def sluice(target: str, environment: dict[str, str]) -> Sluice:
    """`sluice(*arguments, **options)` runs the command against the pipeline."""
    return lambda *arguments, **options: run_sluice("--target", target, *arguments, env=environment, **options)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPS log as the data set has them: the real one where it is at hand, the project's own otherwise."""
    if REAL_LOG.exists():
        return REAL_LOG
    path = tmp_path_factory.mktemp("sample") / "sample.csv"
    write_sample(path)
    return path
