"""The deletion of a stack: only what is its own, one step a call, and again where it failed."""

from contextlib import suppress

import pytest

from infra.gcp.guard_function.sluice_guard.google_requests import ApiError
from infra.gcp.guard_permissions import DELETE_PERMISSIONS, END_PERMISSIONS
from tests.unit.infra.gcp.guard_function.conftest import GuardHarness
from tests.unit.infra.gcp.guard_function.fake_compute import FakeDisk, FakeRouter
from tests.unit.infra.gcp.guard_function.sleeping_stack import (
    DAY,
    DUE,
    QUARTER,
    deleting,
    deletions,
    tick,
    warned,
)


def test_labels_that_are_removed_after_the_deletion_began_end_it(asleep: GuardHarness) -> None:
    asleep.google.fail("DELETE", 400, state="FAILED_PRECONDITION", times=1)
    tick(warned(asleep), DUE)
    asleep.google.labels = {}
    tick(asleep, DUE + QUARTER)
    tick(asleep, DUE + 2 * QUARTER)
    assert deletions(asleep) == []
    assert asleep.mails()[-1] == ("deletion-cancelled", "sleep")


def test_only_what_is_older_than_the_deletion_is_deleted(asleep: GuardHarness) -> None:
    """What a `pulumi up` creates while the guard is still deleting is kept."""
    google = asleep.google
    deleting(asleep)
    google.finish_deletion()
    after = (DUE + QUARTER).isoformat()
    google.compute.disks.append(FakeDisk("pvc-new", created=after))
    google.compute.disks.append(FakeDisk("pvc-ageless", created=""))
    google.compute.router = FakeRouter(created=after)
    for number in range(2, 5):
        tick(asleep, DUE + number * QUARTER)
    assert google.compute.deleted == ["pvc-mysql", "pvc-kafka"]
    assert asleep.events()[-1] != "deleted" or google.compute.router
    assert ("deleted", "sleep") in asleep.mails()


def test_the_router_of_another_network_is_kept(asleep: GuardHarness) -> None:
    deleting(asleep)
    asleep.google.finish_deletion()
    asleep.google.compute.router = FakeRouter(description="Sluice, stack production")
    for number in range(2, 5):
        tick(asleep, DUE + number * QUARTER)
    assert asleep.google.compute.router
    assert "router" not in asleep.google.compute.deleted


def test_a_disk_in_use_is_kept_and_mailed_and_the_rest_is_deleted(asleep: GuardHarness) -> None:
    google = asleep.google
    deleting(asleep)
    google.finish_deletion()
    google.compute.disks[0].users = ["projects/lab/zones/us-central1-a/instances/rescue"]
    tick(asleep, DUE + 2 * QUARTER)
    tick(asleep, DUE + 3 * QUARTER)
    assert google.compute.deleted == ["router", "pvc-kafka"]
    assert asleep.mails()[-1] == ("failed", "daily")
    assert "disk pvc-mysql is in use by rescue" in asleep.entries()[-1]["message"]
    google.compute.detach()
    tick(asleep, DUE + 4 * QUARTER)
    tick(asleep, DUE + 5 * QUARTER)
    assert asleep.mails()[-1] == ("deleted", "sleep")


def test_a_disk_of_a_region_is_deleted_too(asleep: GuardHarness) -> None:
    deleting(asleep)
    asleep.google.finish_deletion()
    asleep.google.compute.disks.append(FakeDisk("pvc-regional", scope="regions/us-central1"))
    tick(asleep, DUE + 2 * QUARTER)
    assert "pvc-regional" in asleep.google.compute.deleted


@pytest.mark.parametrize("trouble", ["unreachable", "refused"])
def test_disks_that_cannot_be_listed_do_not_count_as_gone(asleep: GuardHarness, trouble: str) -> None:
    google = asleep.google
    deleting(asleep)
    google.finish_deletion()
    if trouble == "unreachable":
        google.compute.unreachable = ["projects/lab/zones/us-central1-a"]
    else:
        google.fail("aggregated/disks", 403, times=1)
    with pytest.raises(ApiError):
        tick(asleep, DUE + QUARTER)
    assert ("deleted", "sleep") not in asleep.mails()
    google.compute.unreachable = []
    for number in (2, 3):
        tick(asleep, DUE + number * QUARTER)
    assert asleep.mails()[-1] == ("deleted", "sleep")


def test_a_refused_deletion_is_mailed_and_tried_again(asleep: GuardHarness) -> None:
    warned(asleep)
    asleep.google.fail("DELETE /v1", 403, message="Permission container.clusters.delete denied", times=1)
    with pytest.raises(ApiError):
        tick(asleep, DUE)
    assert asleep.mails()[-1] == ("failed", "daily")
    assert "container.clusters.delete" in asleep.entries()[-1]["message"]
    tick(asleep, DUE + QUARTER)
    assert asleep.google.status == "STOPPING"


def test_a_cluster_that_is_busy_is_deleted_by_a_later_call(asleep: GuardHarness) -> None:
    warned(asleep)
    asleep.google.fail("DELETE /v1", 400, state="FAILED_PRECONDITION", times=1)
    tick(asleep, DUE)
    assert asleep.mails()[-1] == ("deletion-begun", "sleep")
    tick(asleep, DUE + QUARTER)
    assert asleep.google.status == "STOPPING"


def test_a_deletion_that_takes_a_day_is_mailed(asleep: GuardHarness) -> None:
    deleting(asleep)
    tick(asleep, DUE + DAY + QUARTER)
    assert asleep.mails()[-1] == ("unfinished", "daily")


_TRIED = [
    name
    for name in (*END_PERMISSIONS, *DELETE_PERMISSIONS)
    # The first is not asked for by name; the others are those of the warnings: test_sleep_warnings.py.
    if name != "compute.networks.updatePolicy" and not name.startswith("monitoring.")
]


@pytest.mark.parametrize("permission", _TRIED)
def test_each_permission_is_needed_and_named_where_it_is_missing(asleep: GuardHarness, permission: str) -> None:
    google = asleep.google
    google.missing = {permission}
    warned(asleep)
    for number in range(4):
        with suppress(ApiError):
            tick(asleep, DUE + number * QUARTER)
        if google.status == "STOPPING":
            google.finish_deletion()
    assert ("deleted", "sleep") not in asleep.mails()
    assert any(permission in entry["message"] for entry in asleep.entries() if entry["sluice_guard"] == "failed")
    google.missing = set()
    for number in range(4, 8):
        tick(asleep, DUE + number * QUARTER)
        if google.status == "STOPPING":
            google.finish_deletion()
    assert ("deleted", "sleep") in asleep.mails()
