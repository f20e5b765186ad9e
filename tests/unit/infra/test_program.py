"""The Pulumi program as a whole: how Pulumi starts it, and what it creates only where the settings ask for it."""

import re
import subprocess
import sys
from collections.abc import Generator
from importlib.machinery import PathFinder
from pathlib import Path

import pulumi
import pytest
import yaml
from pulumi.runtime.config import set_all_config

from infra.program import main
from infra.settings.declared_settings import ROOT
from infra.settings.stack_settings import SettingsError
from tests.unit.infra.conftest import everything
from tests.unit.infra.recording_monitor import run

pytestmark = pytest.mark.slow


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Generator[dict[str, object]]:
    found: dict[str, object] = {}
    monkeypatch.setattr(pulumi, "export", found.__setitem__)
    yield found
    set_all_config({})


def test_program_creates_what_the_settings_say(exported: dict[str, object]) -> None:
    set_all_config({"sluice:kubeContext": "kind-sluice", "sluice:namespace": "lab", "other:key": "is not ours"})
    made = run(main)
    assert next(entry for entry in made if entry.kind == "Namespace").metadata["name"] == "lab"
    assert exported["namespace"] == "lab"
    # no load or volume without its setting
    assert not {"Job", "PersistentVolume"} & {entry.kind for entry in made}


def test_wrong_settings_create_nothing(exported: dict[str, object]) -> None:
    set_all_config({"sluice:profile": "huge"})
    caught: list[SettingsError] = []

    def program() -> None:
        try:
            main()
        except SettingsError as error:
            caught.append(error)

    assert run(program) == []
    assert "profile" in str(caught[0])
    assert exported == {}


def test_main_module_only_calls_the_program() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 60
    assert len((ROOT / "infra/program.py").read_text().splitlines()) < 100


def test_no_module_hides_another() -> None:
    # Pulumi puts the program's folder first on Python's path.
    others = [entry for entry in sys.path if Path(entry).resolve() != ROOT]
    for path in ROOT.iterdir():
        if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").exists()):
            assert path.stem not in sys.stdlib_module_names
            assert PathFinder.find_spec(path.stem, others) is None, path.name


def test_program_is_where_pulumi_looks_for_the_environment_too() -> None:
    # Dynamic resources are started in the program's folder, and `virtualenv` is relative to it there.
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert "main" not in project
    assert project["runtime"]["options"]["virtualenv"] == ".venv"


def test_program_runs_as_pulumi_runs_it() -> None:
    # By its folder, which has its own place on the path; without an engine it gets as far as its settings.
    code = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "kubeContext: the cluster's context is required" in done.stderr


def test_services_have_the_names_in_their_urls() -> None:
    made = everything()
    services = {entry.metadata["name"] for entry in made if entry.kind == "Service"}
    strimzis = {"sluice-kafka-bootstrap", "sluice-connect-api"}
    text = str([entry.plain for entry in made if entry.type.startswith("kubernetes:")])
    hosts = set(re.findall(r"(?:https?://|jdbc:mysql://)([a-z-]+):", text)) | set(re.findall(r"([a-z-]+):9093", text))
    assert hosts <= services | strimzis
    assert {"registry", "mysql", "sluice-kafka-bootstrap", "sluice-connect-api"} <= hosts


def test_api_server_can_be_narrowed_to_its_addresses() -> None:
    made = everything(**{"kubernetes.apiServerCidrs": '["10.1.2.3/32"]'})
    (policy,) = (entry for entry in made if entry.name == "allow-operator")
    assert {"ipBlock": {"cidr": "10.1.2.3/32"}} in policy.plain["spec"]["egress"][0]["to"]
