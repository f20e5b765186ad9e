"""The control plane of these tests: one a session, for every program that is tried against it."""

import os
from collections.abc import Callable, Generator
from typing import Never

import pytest

from tests.cluster.builds import Missing, programs
from tests.cluster.cluster import Cluster
from tests.cluster.definitions import install_definitions, strimzi_definitions
from tests.cluster.servers import control_plane


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tell the person who waits, past pytest's capture."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def tell(line: str) -> None:
        if reporter:
            reporter.ensure_newline()
            reporter.write_line(line, flush=True)

    return tell


@pytest.fixture(scope="session")
def cluster(say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Generator[Cluster]:
    try:
        built = programs(env=os.environ, say=say)
    except Missing as error:
        _without(str(error))
    definitions = strimzi_definitions(env=os.environ, say=say)
    with control_plane(built, state=tmp_path_factory.mktemp("control-plane") / "state") as plane:
        # Before any program: the collector of what is deleted looks for new kinds every 30 s only.
        install_definitions(plane.api, definitions)
        yield Cluster(plane=plane, programs=built, definitions=definitions)


def _without(reason: str) -> Never:
    if os.environ.get("CI") == "true":
        pytest.fail(f"a continuous run has to have what these tests need: {reason}")
    pytest.skip(reason)
