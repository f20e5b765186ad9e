"""The control plane of these tests: one a session, for every program that is tried against it."""

import gc
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import nullcontext
from typing import Any, Never

import pytest

from tests.cluster.builds import Missing, programs
from tests.cluster.cluster import Cluster
from tests.cluster.definitions import install_definitions, strimzi_definitions
from tests.cluster.servers import control_plane

_ABANDONED = {"run_in_stack", "run_pulumi_func"}


@pytest.fixture(scope="session")
def no_word_of_abandoned_programs() -> Generator[None]:
    """Keep quiet about programs whose deployment has failed.

    Pulumi leaves such a program in the middle of an await, and Python says so whenever it collects it.
    """
    told = sys.unraisablehook

    def tell(unraisable: Any) -> None:
        if getattr(unraisable.object, "__name__", None) not in _ABANDONED:
            told(unraisable)

    sys.unraisablehook = tell
    yield
    gc.collect()
    sys.unraisablehook = told


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tell the person who waits, past pytest's capture."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if reporter is None:
        return print

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            reporter.ensure_newline()
            reporter.write_line(line, flush=True)

    return tell


@pytest.fixture(scope="session")
def cluster(
    say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory, no_word_of_abandoned_programs: None
) -> Generator[Cluster]:
    try:
        built = programs(env=os.environ, say=say)
    except Missing as error:
        without(str(error), env=os.environ)
    definitions = strimzi_definitions(env=os.environ, say=say)
    with control_plane(built, state=tmp_path_factory.mktemp("control-plane") / "state") as plane:
        # Before any program: the collector of what is deleted looks for new kinds every 30 s only.
        install_definitions(plane.api, definitions)
        yield Cluster(plane=plane, programs=built, definitions=definitions)


def without(reason: str, *, env: Mapping[str, str]) -> Never:
    """Skip, or fail where skipping would hide that nothing was proven."""
    if env.get("CI") == "true":
        pytest.fail(f"a continuous run has to have what these tests need: {reason}")
    pytest.skip(reason)
