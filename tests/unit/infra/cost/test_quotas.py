"""What a stack may grow to, compared with quotas."""

import re

import pytest

from infra.cost.billed_resources import BilledResources, count_billed_resources
from infra.cost.cost_report import summary_line
from infra.cost.machine_types import count_vcpus
from infra.cost.quotas import TRIAL, Quotas, fetch_quotas, quota_problems
from infra.cost.stack_file import read_stack_settings
from infra.gcp.google_api import Google
from infra.settings.setting_checks import how_to_set
from tests.unit.infra.fake_google_apis import serving

SMALL = ("nodes.spotMax=1", "nodes.onDemandMax=2", "nodes.diskGb=50")
"""Three nodes, and one more during an upgrade: 8 CPUs, 235 GB."""
ENOUGH = Quotas(owner="mine", limits={"CPUS": 8, "CPUS_ALL_REGIONS": 8, "SSD_TOTAL_GB": 235, "IN_USE_ADDRESSES": 1})


def resources(*changes: str) -> BilledResources:
    return count_billed_resources(read_stack_settings("gke", [*SMALL, *changes]), "gke")


def problems(*changes: str, quotas: Quotas = TRIAL) -> list[str]:
    return list(quota_problems(resources(*changes), quotas))


def limited(**limits: int) -> Quotas:
    return Quotas(owner="mine", limits={**ENOUGH.limits, **limits})


def test_the_defaults_fit_a_trial() -> None:
    assert list(quota_problems(count_billed_resources(read_stack_settings("gke"), "gke"))) == []


def test_three_nodes_fit_a_trial() -> None:
    assert problems() == []
    assert problems(quotas=ENOUGH) == []


@pytest.mark.parametrize(("name", "limit"), [("CPUS", 7), ("CPUS_ALL_REGIONS", 7), ("SSD_TOTAL_GB", 234)])
def test_one_less_is_reported_with_the_quota(name: str, limit: int) -> None:
    (problem,) = problems(quotas=limited(**{name: limit}))
    assert problem.startswith(f"More than mine quota {name} of {limit}: the nodes may grow to {limit + 1}")


def test_more_nodes_exceed_a_trial_and_the_advice_fits() -> None:
    cpus, disks = problems("nodes.spotMax=3")
    assert "quota CPUS of 8: the nodes may grow to 12" in cpus
    assert cpus.endswith("set nodes.spotMax to 1.")
    assert "quota SSD_TOTAL_GB of 250: the nodes may grow to 335" in disks
    advised = re.search(r"set (nodes\.diskGb) to (\d+)", disks)
    assert advised
    assert how_to_set(advised[1])
    assert problems("nodes.spotMax=3", f"nodes.diskGb={advised[2]}") == [cpus]


def test_where_spot_nodes_are_needed_the_other_pool_is_lowered() -> None:
    (problem,) = problems("nodes.onDemandMax=4", quotas=limited(CPUS=10, SSD_TOTAL_GB=1000, CPUS_ALL_REGIONS=100))
    assert problem.endswith("set nodes.onDemandMax to 3.")


def test_a_stack_that_cannot_start_on_a_trial_is_named_so() -> None:
    large = ("profile=large", "nodes.onDemandMax=3", "nodes.machineType=e2-standard-4")
    cpus, disks = problems(*large)
    assert "quota CPUS of 8: the fewest nodes need" in cpus
    assert "A paid account can request more" in cpus
    assert "nodes.machineType" in cpus
    assert "kafka.storage" in disks


def test_granted_spot_cpus_count_alone() -> None:
    assert problems("nodes.spotMax=3", quotas=limited(PREEMPTIBLE_CPUS=8, SSD_TOTAL_GB=1000)) == []
    (problem,) = problems("nodes.spotMax=4", quotas=limited(PREEMPTIBLE_CPUS=6, SSD_TOTAL_GB=1000))
    assert "PREEMPTIBLE_CPUS of 6" in problem
    (problem,) = problems("nodes.spotMax=3", quotas=limited(PREEMPTIBLE_CPUS=0, SSD_TOTAL_GB=1000))
    assert "quota CPUS of 8" in problem


def test_disks_that_are_no_ssd_do_not_count() -> None:
    assert problems("kubernetes.storageClass=standard", quotas=limited(SSD_TOTAL_GB=200)) == []


def test_cpus_of_an_unknown_machine_type_are_not_counted_as_zero() -> None:
    (problem,) = problems("nodes.machineType=n2-odd")
    assert "how many a n2-odd has is not known" in problem


@pytest.mark.parametrize(
    ("name", "vcpus"), [("e2-standard-4", 4), ("e2-medium", 2), ("n2-highmem-8", 8), ("c3-standard-22", 22)]
)
def test_vcpus_of_machine_types(name: str, vcpus: int) -> None:
    assert count_vcpus(name) == vcpus


def test_preview_prints_them_too() -> None:
    assert "quota CPUS of 8" in summary_line(resources("nodes.spotMax=3"))


def test_quotas_of_a_project_are_read_from_compute_engine() -> None:
    answers = {
        "/compute/v1/projects/my-lab/regions/us-central1": {
            "quotas": [{"metric": "CPUS", "limit": 24.0, "usage": 2.0}]
        },
        "/compute/v1/projects/my-lab": {"quotas": [{"metric": "CPUS_ALL_REGIONS", "limit": 12.0}, {"limit": 1.0}]},
    }
    with serving(lambda request: (200, answers[request.path])) as google:
        client = Google.signed_in({"SLUICE_GOOGLE_ENDPOINT": google.url}, project="my-lab")
        found = fetch_quotas(client, project="my-lab", region="us-central1")
    assert (found.owner, found.limits) == ("my-lab's", {"CPUS": 24, "CPUS_ALL_REGIONS": 12})
