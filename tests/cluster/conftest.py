"""Fixtures: one control plane per test session, for all programs deployed to it."""

import gc
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import nullcontext
from typing import Any, Never

import pytest

from tests.cluster.control_plane import control_plane
from tests.cluster.deployment import Cluster
from tests.cluster.go_builds import MissingPrerequisite, programs
from tests.cluster.strimzi_crds import install_definitions, strimzi_definitions

_ABANDONED = {"run_in_stack", "run_pulumi_func"}


@pytest.fixture(scope="session")
def silence_abandoned_programs() -> Generator[None]:
    """Suppress Python's warnings about programs whose deployment has failed.

    Pulumi abandons such a program in an await, and Python warns when it is garbage-collected.
    """
    before = sys.unraisablehook

    def tell(unraisable: Any) -> None:
        if getattr(unraisable.object, "__name__", None) not in _ABANDONED:
            before(unraisable)

    sys.unraisablehook = tell
    yield
    gc.collect()
    sys.unraisablehook = before


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Function that prints a line in spite of pytest's capture."""
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
    say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory, silence_abandoned_programs: None
) -> Generator[Cluster]:
    try:
        built = programs(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    definitions = strimzi_definitions(env=os.environ, say=say)
    with control_plane(built, state=tmp_path_factory.mktemp("control-plane") / "state") as plane:
        # Before any program: the garbage collector discovers new kinds only every 30 s.
        install_definitions(plane.api, definitions)
        yield Cluster(plane=plane, programs=built, definitions=definitions)


def skip_or_fail(reason: str, *, env: Mapping[str, str]) -> Never:
    """Skip the test, or fail in CI, where skipping would hide that nothing was tested."""
    if env.get("CI") == "true":
        pytest.fail(f"a continuous run has to have what these tests need: {reason}")
    pytest.skip(reason)
