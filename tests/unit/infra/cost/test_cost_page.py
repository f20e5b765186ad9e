"""docs/cost.md: its table is what scripts/cost prints, its commands run, its settings and files exist."""

import io
import re
import shlex

import pytest
from rich.console import Console

from infra.cost.billed_resources import count_billed_resources
from infra.cost.command import main
from infra.cost.estimate import estimate
from infra.cost.price_table import Prices
from infra.cost.quotas import TRIAL
from infra.cost.stack_file import read_stack_settings
from infra.gcp.google_api import ENDPOINT
from infra.leftovers import command as leftovers
from infra.settings.declared_settings import ROOT, read_declarations
from producer.runtime.exit_status import Exit
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.leftovers.fake_project import FakeProject

PAGE = (ROOT / "docs/cost.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]


def test_the_table_equals_the_output() -> None:
    out = io.StringIO()
    main([], env={}, stdout=Console(file=out, width=80), stderr=Console(file=io.StringIO()))
    table, _, _ = out.getvalue().partition("\n\n")
    (shown,) = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert shown.splitlines() == [line.rstrip() for line in table.splitlines()]


@pytest.mark.parametrize(
    "command", [line for line in COMMANDS if line.startswith("scripts/cost") and "live" not in line]
)
def test_examples_of_cost_run(command: str) -> None:
    out = io.StringIO()
    arguments = shlex.split(command)[1:]
    assert main(arguments, env={}, stdout=Console(file=out), stderr=Console(file=io.StringIO())) == Exit.OK
    assert out.getvalue()


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("scripts/leftovers")])
def test_examples_of_leftovers_run(command: str) -> None:
    arguments = shlex.split(command)[1:]
    if "--project" not in arguments:
        arguments += ["--project", "my-lab"]
    quiet = Console(file=io.StringIO())
    streams = leftovers.Streams(stdin=io.StringIO(), stdout=quiet, stderr=quiet)
    with serving(FakeProject().answer) as google:
        assert leftovers.main(arguments, env={ENDPOINT: google.url}, streams=streams) == Exit.OK


def test_there_are_examples() -> None:
    assert {"scripts/cost", "scripts/cost --live", "scripts/leftovers --yes"} <= set(COMMANDS)


def test_quotas_and_the_budget_asleep_are_as_the_page_says() -> None:
    text = " ".join(PAGE.split())
    assert (
        f"{TRIAL.limits['CPUS']} CPUs, to which spot machines count too, and {TRIAL.limits['SSD_TOTAL_GB']} GB" in text
    )
    found = estimate(count_billed_resources(read_stack_settings("gke"), "gke"), Prices.load())
    stopped, budget = found.total.stopped, found.resources.budget_usd
    assert f"with the nodes at zero the default stack uses ${stopped:.2f} of its ${budget} in a month" in text


def test_settings_and_files_that_the_page_names_exist() -> None:
    groups = "|".join({name.partition(".")[0] for name in read_declarations() if "." in name})
    settings = set(re.findall(rf"(?<!//)\b((?:{groups})\.[a-z][a-zA-Z]+)\b", PAGE))
    assert {"guard.ttlHours", "nodes.spotMax"} <= settings <= read_declarations().keys()
    for name in re.findall(r"\b((?:scripts|infra)/[\w./-]*\w)", PAGE):
        assert (ROOT / name).exists(), name
