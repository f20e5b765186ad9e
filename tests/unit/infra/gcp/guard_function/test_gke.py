"""Client of the GKE API: a cluster that is busy, slow, answers with errors, or not at all."""

import pytest

from infra.gcp.guard_function.sluice_guard.environment import parse_api_urls
from infra.gcp.guard_function.sluice_guard.gke import Gke, PoolChange, scale_to_zero
from infra.gcp.guard_function.sluice_guard.google_requests import ApiClient, ApiError, OutOfTimeError
from tests.unit.infra.gcp.guard_function.conftest import Seconds, env_of
from tests.unit.infra.gcp.guard_function.fake_gke import FakeGoogle


def gke_of(google: FakeGoogle, *, call_seconds: float = 30) -> Gke:
    api = ApiClient(parse_api_urls(env_of(google), mistakes=[]), call_seconds=call_seconds)
    return Gke(api, project="lab", location=google.location, cluster="sluice")


def shrink(google: FakeGoogle, *, seconds: Seconds, call_seconds: float = 30) -> list[str]:
    accepted: list[str] = []
    gke_of(google, call_seconds=call_seconds).apply(
        [PoolChange.size("steady", 0), PoolChange.size("spot", 0)],
        wait_limit=seconds.wait_limit(100),
        accepted=accepted,
    )
    return accepted


@pytest.mark.parametrize(
    ("status", "state"), [(400, "FAILED_PRECONDITION"), (409, "ABORTED"), (429, ""), (500, "INTERNAL"), (503, "")]
)
def test_temporary_errors_are_retried(google: FakeGoogle, status: int, state: str) -> None:
    google.fail("setSize", status, state=state, times=3)
    seconds = Seconds()
    assert sorted(shrink(google, seconds=seconds)) == ["spot", "steady"]
    assert [pool.nodes for pool in google.pools.values()] == [0, 0]
    assert seconds.naps > 0


@pytest.mark.parametrize(("status", "state"), [(400, "INVALID_ARGUMENT"), (401, ""), (403, "PERMISSION_DENIED")])
def test_permanent_errors_are_raised_at_once(google: FakeGoogle, status: int, state: str) -> None:
    google.fail("setSize", status, state=state, message="because")
    seconds = Seconds()
    with pytest.raises(ApiError, match=f"{status} because"):
        shrink(google, seconds=seconds)
    assert seconds.naps == 0


def test_a_deleted_pool_counts_as_changed(google: FakeGoogle) -> None:
    del google.pools["steady"]
    assert shrink(google, seconds=Seconds()) == ["spot"]


def test_pools_are_changed_in_parallel_if_the_cluster_allows(google: FakeGoogle) -> None:
    google.slowness, google.serial = 4, False
    seconds = Seconds()
    shrink(google, seconds=seconds)
    assert seconds.naps <= 5


def test_pools_are_changed_one_by_one_if_the_cluster_is_busy(google: FakeGoogle) -> None:
    google.slowness = 4
    shrink(google, seconds=Seconds())
    assert [pool.nodes for pool in google.pools.values()] == [0, 0]


@pytest.mark.parametrize("status", [0, -1], ids=["no answer", "hung up"])
def test_missing_answers_are_retried_and_then_reported(google: FakeGoogle, status: int) -> None:
    google.fail("steady:setSize", status, times=1000)
    with pytest.raises(OutOfTimeError, match="setSize of steady"):
        gke_of(google, call_seconds=0.05).apply(
            [PoolChange.size("steady", 0)], wait_limit=Seconds().wait_limit(12), accepted=[]
        )


def test_one_lost_answer_is_retried(google: FakeGoogle) -> None:
    google.fail("setSize", -1, times=1)
    assert sorted(shrink(google, seconds=Seconds())) == ["spot", "steady"]


def test_an_operation_that_fails_is_raised(google: FakeGoogle) -> None:
    google.slowness, google.operation_error = 1, {"code": 13, "message": "quota"}
    with pytest.raises(ApiError, match="quota"):
        shrink(google, seconds=Seconds())


@pytest.mark.parametrize("status", [500, 404])
def test_an_operation_that_cannot_be_asked_for(google: FakeGoogle, status: int) -> None:
    google.slowness = 1
    google.fail("GET /v1/projects/lab/locations/us-central1-a/operations", status, times=1)
    assert sorted(shrink(google, seconds=Seconds())) == ["spot", "steady"]


def test_a_page_instead_of_json_is_an_error_with_its_status(google: FakeGoogle) -> None:
    google.failures.append(["GET", 502, "<html>Bad gateway</html>", 1])
    with pytest.raises(ApiError, match="502"):
        gke_of(google).read_cluster()


@pytest.mark.parametrize("created", ["", "yesterday"])
def test_a_cluster_of_unknown_age_is_an_error(google: FakeGoogle, created: str) -> None:
    google.created = created
    with pytest.raises(ApiError, match="createTime"):
        gke_of(google).read_cluster()


def test_an_operation_that_nobody_may_ask_for_is_an_error(google: FakeGoogle) -> None:
    google.slowness = 1
    google.fail("GET /v1/projects/lab/locations/us-central1-a/operations", 403)
    with pytest.raises(ApiError, match="403"):
        shrink(google, seconds=Seconds())


def test_the_cluster_is_read_whole(google: FakeGoogle) -> None:
    found = gke_of(google).read_cluster()
    assert found is not None
    assert {pool.name: (pool.nodes, pool.autoscaled) for pool in found.pools} == {
        "steady": (1, False),
        "spot": (2, True),
    }


def nodes_of(gke: Gke) -> dict[str, int | None]:
    found = gke.read_cluster()
    assert found is not None
    return {pool.name: pool.nodes for pool in found.pools}


def test_a_pool_of_a_region_is_counted_and_stopped_in_every_zone(google: FakeGoogle) -> None:
    google.location, google.zones = "us-central1", ("us-central1-a", "us-central1-c", "us-central1-f")
    gke = gke_of(google)
    assert nodes_of(gke) == {"steady": 3, "spot": 6}
    found = gke.read_cluster()
    assert found is not None
    scale_to_zero(gke, found, wait_limit=Seconds().wait_limit(60), accepted=[])
    assert len(google.changes) == 3
    assert nodes_of(gke) == {"steady": 0, "spot": 0}


def test_one_zone_that_cannot_be_read_leaves_the_number_unknown(google: FakeGoogle) -> None:
    google.location, google.zones = "us-central1", ("us-central1-a", "us-central1-c")
    google.fail("zones/us-central1-c/instanceGroupManagers/gke-spot", 403)
    assert nodes_of(gke_of(google)) == {"steady": 2, "spot": None}


def test_no_token_goes_over_plain_http(google: FakeGoogle) -> None:
    gke_of(google).read_cluster()
    assert google.headers
    assert not any("authorization" in {name.lower() for name in headers} for headers in google.headers)
