"""The dynamic resource that waits for the cluster's disks."""

import traceback
from collections.abc import Iterator

import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider

from infra.gcp.claims import ClaimsProvider
from infra.gcp.google_api import ENDPOINT
from infra.gcp.volumes import ClusterGoneError
from tests.unit.infra.fake_google_apis import FakeGoogleApis, serving

PROPS = {"server": "https://s", "project": "p", "location": "l", "cluster": "c"}


@pytest.fixture(autouse=True)
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGoogleApis]:
    """GKE with the cluster c."""
    with serving(lambda _: (200, {"clusters": [{"name": "c", "status": "RUNNING"}]})) as apis:
        monkeypatch.setenv(ENDPOINT, apis.url)
        yield apis


def test_resource_is_never_replaced() -> None:
    provider = ClaimsProvider()
    assert provider.create(dict(PROPS)).id == "p/l/c"
    different = provider.diff("p/l/c", dict(PROPS), {**PROPS, "server": "https://other"})
    assert (different.changes, different.replaces) == (True, [])
    assert not provider.diff("p/l/c", dict(PROPS), {**PROPS, "__provider": "other code"}).changes


def test_no_code_is_in_the_state() -> None:
    # By name only: otherwise each change of the code would change the stack, and an old state would run old code.
    assert len(serialize_provider(ClaimsProvider())) < 100


def test_a_cluster_that_gke_does_not_list_is_reported(google: FakeGoogleApis) -> None:
    google.answer = lambda _: (200, {})
    for use in (lambda: ClaimsProvider().diff("", PROPS, PROPS), lambda: ClaimsProvider().read("", PROPS)):
        with pytest.raises(ClusterGoneError, match=r"c \(l, project p\).*scripts/forget-cluster"):
            use()


def test_no_answer_and_another_cluster_are_no_error(google: FakeGoogleApis) -> None:
    google.answer = lambda _: (403, {})
    assert not ClaimsProvider().diff("", PROPS, PROPS).changes
    google.answer = lambda _: (200, {})
    assert ClaimsProvider().diff("", PROPS, {**PROPS, "cluster": "other"}).changes


def test_disks_of_a_cluster_that_is_gone_are_not_waited_for(google: FakeGoogleApis) -> None:
    google.answer = lambda _: (200, {})
    ClaimsProvider().delete("", {**PROPS, "server": "http://127.0.0.1:1"})


def test_an_error_reaches_the_user_as_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traceback, "format_exc", traceback.format_exc)  # restored at the end
    ClaimsProvider().configure(ConfigureRequest(config=Config({}, "sluice")))

    def reported(error: Exception) -> str:
        try:
            raise error
        except type(error):
            return traceback.format_exc()

    assert reported(ClusterGoneError("it is gone")) == "it is gone"
    assert "Traceback" in reported(ValueError("a fault"))
