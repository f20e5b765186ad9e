"""Settings of Google Cloud: defaults, and the message for each mistake."""

import json
from pathlib import Path

import pytest
import yaml

from infra.settings.gcp_checks import SAMPLE_VALUES
from infra.settings.stack_settings import Settings, SettingsError
from tests.unit.infra.gcp.conftest import NEEDED

ROOT = Path(__file__).resolve().parents[4]
MISTAKES = [
    ("gcp.project", "My Project", "gcloud projects list"),
    ("gcp.location", "usa", "gcloud compute zones list"),
    ("gcp.name", "A_name", "such as sluice"),
    ("gcp.name", "a-name-that-is-far-too-long", "17 lower case"),
    ("gcp.name", "my-googles", "name of a bucket"),
    ("gcp.project", "a-long-domain.example.com:my-projects-id", "39 letters at most"),
    ("gcp.releaseChannel", "regular", "RAPID, REGULAR"),
    ("gcp.deletionProtection", "on", "true or false"),
    ("gcp.controlPlaneCidrs", '["0.0.0.0/0"]', "is every address"),
    ("gcp.controlPlaneCidrs", '["::/0"]', "is every address"),
    ("gcp.controlPlaneCidrs", '["me"]', "203.0.113.7/32"),
    ("gcp.controlPlaneCidrs", "203.0.113.7/32", "a list of strings"),
    ("gcp.secretsKey", "my-key", "gcloud kms keys list"),
    ("gcp.secretsKey", "projects/p/locations/global/keyRings/r/cryptoKeys/k", "one in us-central1"),
    ("gcp.secretsKey", "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k", "one in us-central1"),
    ("nodes.machineType", "large", "e2-standard-2"),
    ("nodes.diskGb", "5", "must be 20 to 500 GB, not 5"),
    ("nodes.diskGb", "50Gi", "a whole number"),
    ("nodes.spotMax", "-1", "must be 0 to"),
    ("nodes.onDemandMax", "0", "must be 1 to"),
    ("nodes.onDemandFor", '["zookeeper"]', "kafka, mysql"),
    ("budget.billingAccount", "my account", "gcloud billing accounts list"),
    ("budget.billingAccount", "", "gcloud billing accounts list"),
    ("budget.amount", "0", "must be 1 to"),
    ("budget.amount", "20.5", "a whole number"),
    ("budget.currency", "dollars", "such as USD"),
    ("budget.actualPercents", '["half"]', "such as 90"),
    ("budget.forecastPercents", '["0"]', "such as 90"),
    ("budget.emails", "[]", "at least one address"),
    ("budget.emails", '["me"]', "not an e-mail address"),
    ("budget.emails", '["a@b.c","a@b.d","a@b.e","a@b.f","a@b.g","a@b.h"]', "at most 5 addresses"),
    ("budget.allowWithoutBudget", "maybe", "true or false"),
    ("guard.mode", "stop", "scale-to-zero, notify or off"),
    ("guard.percent", "0", "must be 1 to"),
    ("guard.ttlHours", "1000", "must be 0 to"),
    ("guard.deleteAfterDays", "3", "0 (never) or 7 to 365 days"),
    ("guard.deleteAfterDays", "366", "0 (never) or 7 to 365 days"),
    ("guard.deleteAfterDays", "-1", "0 (never) or 7 to 365 days"),
    ("monitoring.enabled", "yes", "true or false"),
    ("monitoring.lagRecords", "0", "must be 1 to"),
]


def mistakes(settings: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.parse(settings)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


@pytest.mark.parametrize(("name", "text", "remedy"), MISTAKES)
def test_mistake_is_named_with_its_remedy(name: str, text: str, remedy: str) -> None:
    (line,) = mistakes({**NEEDED, name: text})
    assert line.startswith(f"{name}: ")
    assert remedy in line
    assert f"pulumi config set {name} " in line


def test_what_is_missing_is_reported_at_once() -> None:
    lines = mistakes({"gcp.project": "my-lab", "gcp.location": "mars", "profile": "huge"})
    assert {line.partition(":")[0] for line in lines} == {
        "gcp.location",
        "profile",
        "budget.billingAccount",
        "budget.emails",
    }


def test_sample_values_are_refused() -> None:
    sample = yaml.safe_load((ROOT / "Pulumi.gke.yaml").read_text())["config"]
    given = {name.removeprefix("sluice:"): json.dumps(value).strip('"') for name, value in sample.items()}
    assert Settings.parse(given).gcp  # scripts/cost
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**given, "gcp.project": "my-lab"}, samples=SAMPLE_VALUES)
    lines = str(caught.value).splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["budget.billingAccount:", "budget.emails:"]
    assert all("replace it with your own; pulumi config set budget." in line for line in lines)


def test_a_stack_is_deleted_only_where_its_file_says_so_as_the_sample_does() -> None:
    """The default keeps data; the sample sets it where its owner sees it, with a comment."""
    default = Settings.parse(NEEDED).gcp
    assert default
    assert default.guard.delete_after_days == 0
    sample = (ROOT / "Pulumi.gke.yaml").read_text()
    assert yaml.safe_load(sample)["config"]["sluice:guard.deleteAfterDays"] == 30
    comment = sample.partition("  sluice:guard.deleteAfterDays")[0].rpartition("me@example.com\n")[2]
    assert "ALL DATA" in comment
    assert "0 keeps it" in comment


def test_kube_context_and_gcp_project_exclude_each_other() -> None:
    (line,) = mistakes({**NEEDED, "kubeContext": "kind-sluice"})
    assert "must be empty where gcp.project is set" in line


@pytest.mark.parametrize("settings", [{"guard.ttlHours": "0"}, {"guard.mode": "notify"}, {"guard.mode": "off"}])
def test_without_a_budget_the_guards_clock_is_required(settings: dict[str, str]) -> None:
    without = {**NEEDED, "budget.billingAccount": "", "budget.allowWithoutBudget": "true"}
    assert Settings.parse(without).gcp
    (line,) = mistakes({**without, **settings})
    assert line.startswith("budget.allowWithoutBudget: ")
    assert "guard.ttlHours above 0" in line


def test_large_profile_needs_as_many_nodes_as_brokers() -> None:
    (line,) = mistakes({**NEEDED, "profile": "large"})
    assert line.startswith("nodes.onDemandMax: the profile large has 3 brokers")
    (line,) = mistakes({**NEEDED, "profile": "large", "nodes.onDemandMax": "4", "kafka.brokers": "5"})
    assert "5 brokers" in line
    assert Settings.parse({**NEEDED, "profile": "large", "nodes.onDemandMax": "3"}).gcp
    # Brokers that may be interrupted run in either pool.
    assert Settings.parse({**NEEDED, "profile": "large", "nodes.onDemandFor": '["operator"]'}).gcp


def test_settings_of_google_do_not_matter_without_a_project() -> None:
    settings = Settings.parse({"kubeContext": "kind-sluice", "profile": "large", "nodes.spotMax": "0"})
    assert settings.gcp is None
    assert settings.cluster.context == "kind-sluice"


def test_defaults() -> None:
    settings = Settings.parse(NEEDED)
    gcp = settings.gcp
    assert gcp
    assert (gcp.cluster.location, gcp.cluster.region, gcp.cluster.name) == ("us-central1-a", "us-central1", "sluice")
    assert not gcp.cluster.deletion_protection
    assert gcp.cluster.control_plane_cidrs == ()
    assert settings.cluster.context == "gke_my-lab_us-central1-a_sluice"
    assert settings.cluster.storage_class == "sluice"
    assert (gcp.guard.mode, gcp.guard.percent, gcp.guard.ttl_hours) == ("scale-to-zero", 90, 12)
    assert gcp.nodes.on_demand_for == {"kafka", "mysql", "redis", "operator"}


def test_region_is_a_location_too() -> None:
    region = {**NEEDED, "gcp.location": "europe-west1", "nodes.onDemandMax": "3"}
    gcp = Settings.parse(region).gcp
    assert gcp
    assert (gcp.cluster.region, gcp.cluster.context) == ("europe-west1", "gke_my-lab_europe-west1_sluice")


def test_on_demand_pool_of_a_region_begins_with_a_node_in_each_zone() -> None:
    (line,) = mistakes({**NEEDED, "gcp.location": "europe-west1", "nodes.spotMax": "1"})
    assert line.startswith("nodes.onDemandMax: ")
    assert "a node in each of 3 zones" in line
    assert Settings.parse(
        {**NEEDED, "gcp.location": "europe-west1", "nodes.spotMax": "0", "nodes.onDemandMax": "3"}
    ).gcp
