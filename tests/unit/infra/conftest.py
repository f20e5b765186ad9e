import pytest

from infra.settings.container_images import Images
from infra.settings.profiles import resolve_profile
from infra.settings.stack_settings import Settings
from infra.workloads.workload_context import WorkloadContext
from tests.unit.infra.recording_monitor import Made, run

EVERYTHING = {
    "kubeContext": "kind-sluice",
    "load.folder": "/data",
    "load.source": "/data/gps.csv",
}
"""Settings of a stack with every optional part."""


def workload_context(**settings: str) -> WorkloadContext:
    parsed = Settings.parse({"kubeContext": "test", **settings})
    return WorkloadContext(
        namespace="sluice",
        images=Images(registry=parsed.image_registry, overrides=parsed.image_overrides),
        profile=resolve_profile(parsed),
        storage_class=parsed.cluster.storage_class,
    )


def everything(**settings: str) -> list[Made]:
    """Everything that the program requests from the engine, for EVERYTHING with these settings."""
    from infra.program import deploy, kubernetes_provider  # noqa: PLC0415 a second, for the tests that need it

    parsed = Settings.parse({**EVERYTHING, **settings})
    return run(lambda: deploy(parsed, provider=kubernetes_provider(parsed)))


@pytest.fixture(scope="session", params=["small", "large"])
def made(request: pytest.FixtureRequest) -> list[Made]:
    """Everything that the program creates, in each profile."""
    return everything(profile=request.param)


@pytest.fixture
def context() -> WorkloadContext:
    return workload_context()
