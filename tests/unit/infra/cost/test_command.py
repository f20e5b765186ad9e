"""The command scripts/cost: output, errors and exit status."""

import io
import json
import os
import subprocess
from decimal import Decimal

from rich.console import Console

from infra.cost.command import main
from infra.gcp.google_api import ENDPOINT, KEY
from infra.settings.declared_settings import ROOT
from producer.runtime.exit_status import Exit
from tests.unit.infra.cost.test_billing_catalog import catalogue
from tests.unit.infra.fake_google_apis import serving


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
    assert "takes the nodes away after 12 hours" in out
    assert "The budget of $20 a month pays for 76 hours with all nodes, 168 with the fewest" in out


def test_json_adds_up() -> None:
    _, out, _ = run_cost("--json")
    found = json.loads(out)
    for end in ("low", "high", "stopped"):
        known = [line["month"][end] for line in found["lines"] if line["month"]]
        assert sum(map(Decimal, known)) == Decimal(found["total"]["month"][end])
    assert all(line["month"] for line in found["lines"])
    assert all(price["source"] and price["read"] for price in found["prices"])
    assert found["total"]["missing"] == []


def test_an_unknown_price_is_said() -> None:
    _, out, _ = run_cost("--config", "gcp.location=europe-west1-b")
    assert "unknown" in out
    assert "total, at least" in out
    assert "Unknown: e2-core, e2-ram" in out
    assert "and what is unknown by then" in out
    assert "pays for" not in out, "nobody knows for how long"
    assert "no prices of europe-west1, only of us-central1" in out


def test_what_will_cost_later_is_said() -> None:
    _, out, _ = run_cost()
    assert "Later: alerting policies cost nothing yet; from 2027-09-01" in out
    assert "later: alerting policies" in run_cost("--prices")[1]


def test_only_what_the_catalogue_can_know_is_sent_there() -> None:
    _, out, _ = run_cost("--config", "kubernetes.storageClass=mine")
    assert "Unknown: class mine." in out
    assert "--live" not in out


def test_who_stops_the_nodes_is_said() -> None:
    assert "Nothing stops the nodes" in run_cost("--config", "guard.mode=notify")[1]
    assert "No clock is set" in run_cost("--config", "guard.ttlHours=0")[1]
    assert "The budget" not in run_cost("--config", "budget.currency=EUR")[1]


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
    assert "from the table" in err
    assert "a-key" not in out + err


def test_what_the_catalogue_does_not_know_either_is_said() -> None:
    with serving(catalogue) as answers:
        env = {ENDPOINT: answers.url, KEY: "a-key"}
        _, out, _ = run_cost("--live", "--config", "gcp.location=europe-west1-b", env=env)
    assert "Unknown: e2-ram," in out
    assert "Neither the catalogue nor the table" in out
    assert "--live asks" not in out


def test_mistakes_are_told_on_standard_error() -> None:
    status, out, err = run_cost("--config", "nodes.spotMax=many")
    assert status == Exit.USAGE
    assert not out
    assert "nodes.spotMax" in err


def test_the_script_runs_it() -> None:
    script = (ROOT / "scripts/cost").read_text()
    command = script.splitlines()[-1].removeprefix("exec ").replace('"$@"', "--json")
    done = subprocess.run(command.split(), cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["stack"] == "gke"
    assert os.access(ROOT / "scripts/cost", os.X_OK)
