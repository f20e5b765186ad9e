"""docs/gke.md matches the program: its settings, files, role, services and quotas."""

import re

from infra.cost.billed_resources import count_billed_resources
from infra.cost.machine_types import parse_machine_type
from infra.gcp.budget_errors import PUBLISHER
from infra.gcp.budget_rights import ROLE
from infra.gcp.guard_permissions import PERMISSIONS
from infra.gcp.project_services import APIS
from infra.gcp_program import gcp_outputs
from infra.settings.declared_settings import ROOT, read_declarations
from infra.settings.stack_settings import Settings
from tests.unit.infra.gcp.conftest import NEEDED

PAGE = (ROOT / "docs/gke.md").read_text()


def test_settings_that_the_page_names_exist() -> None:
    groups = {name.partition(".")[0] for name in read_declarations() if "." in name}
    named = set(re.findall(rf"`((?:{'|'.join(groups)})\.[a-zA-Z]+)`", PAGE))
    named |= set(re.findall(r"pulumi config set ([\w.]+) ", PAGE)) - {"NAME"}
    assert {"gcp.controlPlaneCidrs", "budget.allowWithoutBudget", "nodes.onDemandFor"} <= named
    assert named <= read_declarations().keys()


def test_files_that_the_page_names_exist() -> None:
    for name in re.findall(r"[`\s(]((?:scripts|infra|policy|docs)/[\w./-]+)", PAGE):
        if not name.startswith("infra/policy/.venv"):
            assert (ROOT / name.rstrip(".")).exists(), name


def test_role_that_a_budget_needs_is_the_one_that_is_asked_for() -> None:
    assert f"`{ROLE}`" in PAGE
    assert f"--role {ROLE}" in PAGE


def test_what_pulumi_up_says_of_a_budget_is_what_the_program_says() -> None:
    source = (ROOT / "infra/gcp/budget_rights.py").read_text()
    named = ("missing rights: ", "budget.currency is ", "but the billing account ", "would count nothing", "is closed")
    for words in named:
        assert words in PAGE
        assert words in source
    assert f"`{PUBLISHER}`" in PAGE


def test_services_that_a_person_enables_are_among_those_of_the_program() -> None:
    named = set(re.findall(r"([a-z]+)\.googleapis\.com", PAGE)) - {"serviceusage"}
    assert named <= set(APIS)


def test_quotas_are_those_of_the_default_settings() -> None:
    resources = count_billed_resources(Settings.parse(NEEDED), "gke")
    volumes = sum(volume.gib for volume in resources.volumes)
    cores = {kind: parse_machine_type(kind) for kind in {pool.machine_type for pool in resources.node_pools}}
    least = [(pool.min_nodes, pool) for pool in resources.node_pools]
    most = [(pool.max_nodes + pool.surge_nodes, pool) for pool in resources.node_pools]
    page = " ".join(PAGE.split())
    for nodes, words in ((least, ("need {} cores", "and {} GB of disks")), (most, ("and {} and", "{} at most"))):
        cpus = sum(number * found.cores for number, pool in nodes if (found := cores[pool.machine_type]))
        disks = sum(number * pool.disk_gib for number, pool in nodes) + volumes
        for word, number in zip(words, (cpus, disks), strict=True):
            assert word.format(number) in page


def test_guard_has_as_many_permissions_as_the_page_says() -> None:
    assert "of five permissions" in " ".join(PAGE.split())
    assert len(PERMISSIONS) == 5


def test_command_that_grants_a_bucket_is_the_stacks_output() -> None:
    settings = Settings.parse(NEEDED)
    assert settings.gcp
    assert gcp_outputs(settings.gcp, namespace=settings.cluster.namespace)["grantBucket"] in PAGE.splitlines()
