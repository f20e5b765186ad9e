"""The command scripts/cost: output, errors and exit status."""

import io
import json
import os
import subprocess
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from infra.cost.command import main
from infra.gcp.google_api import ENDPOINT, KEY
from infra.settings.declared_settings import ROOT
from producer.runtime.exit_status import Exit
from tests.unit.infra.cost.test_billing_catalog import catalogue
from tests.unit.infra.fake_google_apis import Request, serving


def run_cost(*arguments: str, env: dict[str, str] | None = None) -> tuple[Exit, str, str]:
    """Run the command with 80 columns; return its exit status, stdout and stderr."""
    stdout, stderr = io.StringIO(), io.StringIO()
    status = main(
        arguments, env=env or {}, stdout=Console(file=stdout, width=80), stderr=Console(file=stderr, width=80)
    )
    return status, stdout.getvalue(), stderr.getvalue()


def test_every_line_and_the_total_fit_on_80_columns() -> None:
    status, out, _ = run_cost()
    assert status == Exit.OK
    table = out.partition("\n\n")[0]
    assert "…" not in table
    for line in ("cluster fee", "fee's credit", "nodes, steady", "disk MySQL", "NAT", "registry", "function", "total"):
        assert f"\n{line} " in table
    assert "stops the nodes after 12 hours: $2.33 at most until then" in out
    assert "The budget of $20 a month pays for 103 hours with all nodes, 168 with the fewest" in out


def test_json_adds_up() -> None:
    _, out, _ = run_cost("--json")
    found = json.loads(out)
    for end in ("low", "high", "stopped"):
        known = [line["month"][end] for line in found["lines"] if line["month"]]
        assert sum(map(Decimal, known)) == Decimal(found["total"]["month"][end])
    assert all(line["month"] for line in found["lines"])
    assert all(price["source"] and price["read"] for price in found["prices"])
    assert found["total"]["missing"] == []


def test_unknown_prices_are_listed() -> None:
    _, out, _ = run_cost("--config", "gcp.location=europe-west1-b")
    assert "unknown" in out
    assert "total, at least" in out
    assert "Unknown prices: e2-core, e2-ram" in out
    assert "plus what is unknown until then" in out
    assert "pays for" not in out, "no duration can be computed"
    assert "The price table has none of europe-west1, only of us-central1" in out


def test_announced_prices_are_listed() -> None:
    _, out, _ = run_cost()
    assert "Announced: alerting policies cost nothing yet; from 2027-09-01" in out
    assert "announced: alerting policies" in run_cost("--prices")[1]


def test_live_is_not_suggested_for_an_unknown_storage_class() -> None:
    _, out, _ = run_cost("--config", "kubernetes.storageClass=mine")
    assert "Unknown prices: class mine." in out
    assert "--live" not in out


def test_spending_limits_are_described() -> None:
    assert "Nothing stops the nodes" in run_cost("--config", "guard.mode=notify")[1]
    assert "guard.ttlHours is 0: only the budget stops the nodes" in run_cost("--config", "guard.ttlHours=0")[1]
    assert "budget" not in run_cost("--config", "budget.currency=EUR")[1]
    without = run_cost("--config", "budget.allowWithoutBudget=true", "--config", "budget.billingAccount=")[1]
    assert "budget" not in without


def test_live_compares_with_the_project_s_own_quotas() -> None:
    def answer(request: Request) -> tuple[int, Any]:
        if request.path == "/compute/v1/projects/my-lab/regions/us-central1":
            return 200, {"quotas": [{"metric": "CPUS", "limit": 12.0}, {"metric": "SSD_TOTAL_GB", "limit": 2000.0}]}
        if request.path == "/compute/v1/projects/my-lab":
            return 200, {"quotas": [{"metric": "CPUS_ALL_REGIONS", "limit": 10.0}]}
        return catalogue(request)

    options = ("--live", "--config", "gcp.project=my-lab", "--config", "nodes.spotMax=5")
    with serving(answer) as answers:
        _, out, _ = run_cost(*options, env={ENDPOINT: answers.url})
        found = json.loads(run_cost("--json", *options, env={ENDPOINT: answers.url})[1])
    assert "More than my-lab's quota CPUS_ALL_REGIONS of 10" in out
    assert "SSD_TOTAL_GB" not in out
    assert any("CPUS_ALL_REGIONS" in problem for problem in found["problems"])


def test_without_an_answer_quotas_are_those_of_a_trial() -> None:
    def answer(request: Request) -> tuple[int, Any]:
        denied = (403, {"error": {"message": "denied"}})
        return denied if request.path.startswith("/compute/") else catalogue(request)

    with serving(answer) as answers:
        status, out, err = run_cost(
            "--live", "--config", "gcp.project=my-lab", "--config", "nodes.spotMax=5", env={ENDPOINT: answers.url}
        )
    assert status == Exit.OK
    assert "the quotas of my-lab cannot be read (compute answers 403: denied)" in err
    assert "More than a trial's quota CPUS of 8" in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("guard.deleteAfterDays=30", "30 days after its nodes are stopped (guard.deleteAfterDays): $7.20 until then"),
        ("guard.deleteAfterDays=60", "60 days after its nodes are stopped (guard.deleteAfterDays): $14.40 until then"),
        ("guard.deleteAfterDays=0", "With its nodes stopped it costs $7.30 a month, until `pulumi destroy`"),
        ("guard.mode=notify", "With its nodes stopped it costs $7.30 a month, until `pulumi destroy`"),
        ("gcp.deletionProtection=true", "With its nodes stopped it costs $7.30 a month, until `pulumi destroy`"),
    ],
)
def test_the_end_of_a_stack_is_described(change: str, said: str) -> None:
    assert said in run_cost("--config", change)[1]


def test_prices_are_listed_with_date_and_source() -> None:
    _, out, _ = run_cost("--prices")
    assert "pd-balanced (us-central1): $0.10 per GiB-month" in out
    assert "2026-11-01  https://cloud.google.com/compute/disks-image-pricing" in out


def test_live_prices_of_another_region() -> None:
    with serving(catalogue) as answers:
        env = {ENDPOINT: answers.url, KEY: "a-key"}
        status, out, err = run_cost("--live", "--config", "gcp.location=europe-west1-b", "--json", env=env)
    assert status == Exit.OK
    lines = {line["name"]: line for line in json.loads(out)["lines"]}
    assert Decimal(lines["disk MySQL"]["month"]["low"]) == Decimal("1.1")
    assert lines["nodes, spot"]["missing"] == ["e2-ram-spot"]
    assert "from the price table" in err
    assert "a-key" not in out + err


def test_prices_missing_from_the_catalogue_too_are_reported() -> None:
    with serving(catalogue) as answers:
        env = {ENDPOINT: answers.url, KEY: "a-key"}
        _, out, _ = run_cost("--live", "--config", "gcp.location=europe-west1-b", env=env)
    assert "Unknown prices: e2-ram," in out
    assert "Neither the catalogue nor the price table" in out
    assert "--live looks" not in out


def test_mistakes_are_reported_on_standard_error() -> None:
    status, out, err = run_cost("--config", "nodes.spotMax=many")
    assert status == Exit.USAGE
    assert not out
    assert "nodes.spotMax" in err


def test_the_script_runs_the_command() -> None:
    script = (ROOT / "scripts/cost").read_text()
    command = script.splitlines()[-1].removeprefix("exec ").replace('"$@"', "--json")
    done = subprocess.run(command.split(), cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["stack"] == "gke"
    assert os.access(ROOT / "scripts/cost", os.X_OK)
