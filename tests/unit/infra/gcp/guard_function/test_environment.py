"""The guard's settings: parsing of its environment."""

from datetime import timedelta

import pytest

from infra.gcp.guard_function.sluice_guard.environment import ConfigurationError, GuardSettings, Mode
from tests.unit.infra.gcp.guard_function.conftest import ENV


def test_given_and_default_values() -> None:
    settings = GuardSettings.parse(ENV)
    assert (settings.mode, settings.share, settings.ttl, settings.timeout) == (Mode.SCALE_TO_ZERO, 0.9, None, 540)
    assert settings.api_urls.container == "https://container.googleapis.com"
    assert (settings.sleep.delete_after, settings.sleep.protected) == (None, False)
    assert settings.sleep.labels == {"sluice-name": "sluice", "sluice-stack": "gke"}
    assert GuardSettings.parse({**ENV, "GUARD_DELETE_AFTER_DAYS": "30"}).sleep.delete_after == timedelta(days=30)
    assert GuardSettings.parse({**ENV, "GUARD_TTL_HOURS": "8.5"}).ttl == timedelta(hours=8.5)


MISTAKES = [
    ("GUARD_PROJECT", "My Project", "project id"),
    ("GUARD_LOCATION", "Iowa", "us-central1-a"),
    ("GUARD_CLUSTER", "a/b", "name"),
    ("GUARD_MODE", "stop", "scale-to-zero or notify or off"),
    ("GUARD_SHARE", "90 %", "number"),
    ("GUARD_SHARE", "90", "10"),
    ("GUARD_SHARE", "0", "0.01"),
    ("GUARD_SHARE", "nan", "number"),
    ("GUARD_CURRENCY", "Euro", "EUR"),
    ("GUARD_CLOCK_JOB", "sluice-clock", "projects/"),
    ("GUARD_TTL_HOURS", "-1", "number"),
    ("GUARD_TIMEOUT_SECONDS", "5", "60"),
    ("GUARD_DELETE_AFTER_DAYS", "-1", "number"),
    ("GUARD_DELETION_PROTECTION", "yes", "number"),
    ("GUARD_SLEEP_COST", "", "such as $7.30"),
    ("GUARD_LABELS", "sluice-stack", "sluice-stack=gke"),
    ("GUARD_LABELS", "", "sluice-stack=gke"),
    ("GUARD_DESCRIPTION", "", "network"),
    ("GUARD_ROUTER", "sluice-router", "projects/"),
    ("GUARD_BUCKET", "gs://x", "bucket"),
    ("GUARD_STORAGE_API", "http://10.0.0.1", "https://"),
    ("GUARD_PERMISSIONS", "container.*", "permissions"),
    ("GUARD_CONTAINER_API", "http://10.0.0.1", "https://"),
    ("GUARD_COMPUTE_API", "http://127.0.0.1.example.com", "https://"),
    ("GUARD_SCHEDULER_API", "ftp://localhost", "https://"),
]


@pytest.mark.parametrize(("name", "value", "remedy"), MISTAKES)
def test_each_mistake_is_named_with_what_it_should_be(name: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        GuardSettings.parse({**ENV, name: value})
    assert name in str(raised.value)
    assert remedy in str(raised.value)


def test_all_mistakes_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        GuardSettings.parse({"GUARD_TTL_HOURS": "soon"})
    assert all(name in str(raised.value) for name in (*ENV, "GUARD_TTL_HOURS"))
