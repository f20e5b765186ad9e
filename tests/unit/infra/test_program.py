"""The program as a whole: what is made only where it is wanted, and what a person is told."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Generator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime.config import set_all_config

from infra.program import main
from infra.settings.declared_settings import ROOT
from infra.settings.stack_settings import Settings, SettingsError
from infra.stack_outputs import stack_outputs
from infra.workloads.load_jobs import proof_script
from infra.workloads.strimzi_operator import Strimzi, StrimziArgs
from infra.workloads.toolbox import endpoint_variables, producer_variables
from producer.runtime.exit_status import Exit
from sluice.view import endpoints
from tests.unit.infra.conftest import everything, workload_context
from tests.unit.infra.engine import Made, run


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Generator[dict[str, object]]:
    found: dict[str, object] = {}
    monkeypatch.setattr(pulumi, "export", found.__setitem__)
    yield found
    set_all_config({})


def test_program_makes_what_the_stacks_settings_say(exported: dict[str, object]) -> None:
    set_all_config({"sluice:kubeContext": "kind-sluice", "sluice:namespace": "lab", "other:key": "is not ours"})
    made = run(main)
    assert next(entry for entry in made if entry.kind == "Namespace").metadata["name"] == "lab"
    assert exported["namespace"] == "lab"
    # nothing is loaded, mounted or shown that nobody asked for
    assert not {"Job", "PersistentVolume", "Console"} & {entry.kind for entry in made}


def test_wrong_settings_make_nothing(exported: dict[str, object]) -> None:
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


def test_no_module_stands_in_the_way_of_another() -> None:
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
    assert "kubeContext: it must say on which cluster to work" in done.stderr


def test_person_is_told_commands_that_can_be_typed() -> None:
    told = stack_outputs(Settings.parse({"kubeContext": "kind-sluice", "load.source": "nclt:2012-11-16"}))
    assert told["status"] == "scripts/sluice --target kind status"
    assert told["proof"] == "scripts/sluice --target kind proof nclt:2012-11-16"
    other = stack_outputs(Settings.parse({"kubeContext": "gke_p_z_c", "console.enabled": "true", "namespace": "lab"}))
    assert other["status"] == "scripts/sluice --target context:gke_p_z_c --namespace lab status"
    assert shlex.split(other["console"], comments=True)[:5] == [
        "kubectl",
        "--context",
        "gke_p_z_c",
        "--namespace",
        "lab",
    ]


def test_toolbox_and_loader_are_told_where_the_pipeline_is() -> None:
    assert {variable["name"] for variable in endpoint_variables()} == endpoints.VARIABLES.keys()
    assert [variable["name"] for variable in producer_variables()] == list(endpoints.PRODUCER_VARIABLES)


def test_services_have_the_names_that_callers_use() -> None:
    made = everything()
    services = {entry.metadata["name"] for entry in made if entry.kind == "Service"}
    strimzis = {"sluice-kafka-bootstrap", "sluice-connect-api"}
    text = str([entry.plain for entry in made if entry.type.startswith("kubernetes:")])
    hosts = set(re.findall(r"(?:https?://|jdbc:mysql://)([a-z-]+):", text)) | set(re.findall(r"([a-z-]+):9093", text))
    assert hosts <= services | strimzis
    assert {"registry", "mysql", "sluice-kafka-bootstrap", "sluice-connect-api"} <= hosts


def test_load_is_done_as_it_is_asked_for() -> None:
    made = everything(**{"load.options": '["--max-rejects", "5"]', "load.timeoutMinutes": "90"})
    (load,) = (entry for entry in made if entry.kind == "Job" and entry.name == "load")
    (container,) = load.plain["spec"]["template"]["spec"]["containers"]
    assert container["args"][:2] == ["gps", "/data/gps.csv"]
    assert container["args"][-2:] == ["--max-rejects", "5"]
    assert {"name": "data-folder", "mountPath": "/data", "readOnly": True} in container["volumeMounts"]
    assert load.plain["spec"]["activeDeadlineSeconds"] == 90 * 60
    assert load.plain["spec"]["ttlSecondsAfterFinished"] > 0
    assert load.plain["spec"]["backoffLimit"] > 0


def test_loader_is_given_no_more_than_it_needs() -> None:
    for kind in ("gps", "images"):
        (load,) = (entry for entry in everything(**{"load.kind": kind}) if entry.kind == "Job" and entry.name == "load")
        (container,) = load.plain["spec"]["template"]["spec"]["containers"]
        assert container["args"][0] == kind
        assert [variable["name"] for variable in container["env"]] == list(endpoints.PRODUCER_VARIABLES)


def test_what_would_end_alike_is_not_tried_again() -> None:
    (load,) = (entry for entry in everything() if entry.kind == "Job" and entry.name == "load")
    (rule,) = load.plain["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert set(rule["onExitCodes"]["values"]) == {Exit.USAGE, Exit.REJECTED, Exit.DIFFERENT}


def test_proof_can_be_left_out() -> None:
    made = everything(**{"proof.enabled": "false"})
    assert [entry.name for entry in made if entry.kind == "Job"] == ["load"]


def test_folder_of_the_nodes_outlives_the_pipeline() -> None:
    (volume,) = (entry for entry in everything() if entry.kind == "PersistentVolume")
    assert volume.plain["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume.plain["spec"]["hostPath"]["path"] == "/data"


def test_api_server_can_be_narrowed_to_its_addresses() -> None:
    made = everything(**{"kubernetes.apiServerCidrs": '["10.1.2.3/32"]'})
    (policy,) = (entry for entry in made if entry.name == "allow-operator")
    assert {"ipBlock": {"cidr": "10.1.2.3/32"}} in policy.plain["spec"]["egress"][0]["to"]


def make_strimzi(chart: str) -> Made:
    (release,) = (entry for entry in run(lambda: _make_strimzi(chart)) if entry.kind == "Release")
    return release


def _make_strimzi(chart: str) -> None:
    Strimzi("strimzi", StrimziArgs(context=workload_context(), chart=chart, after=[]))


def test_strimzi_watches_its_own_namespace_and_makes_restricted_pods() -> None:
    release = make_strimzi("oci://quay.io/strimzi-helm/strimzi-kafka-operator").plain
    assert release["version"] == "1.2.0"
    assert not {"watchAnyNamespace", "watchNamespaces"} & release["values"].keys()
    assert {"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"} in release["values"]["extraEnvs"]


CHART_DEFAULTS = {
    "resources": {"limits": {"memory": "384Mi", "cpu": "1000m"}, "requests": {"memory": "384Mi", "cpu": "200m"}},
    "livenessProbe": {"initialDelaySeconds": 10, "periodSeconds": 30},
    "generateNetworkPolicy": True,
}
"""Part of the values.yaml of Strimzi's chart 1.2.0."""


def merged(below: Any, over: Any) -> Any:
    """Lay one set of values over another, as Pulumi's provider and Helm do; a null stays one."""
    if not isinstance(below, dict) or not isinstance(over, dict):
        return over
    return {**below, **{key: merged(below.get(key), value) for key, value in over.items()}}


def without_nulls(values: Any) -> Any:
    """Take away what is null at last, as Helm does."""
    if not isinstance(values, dict):
        return values
    return {key: without_nulls(value) for key, value in values.items() if value is not None}


def test_strimzis_operator_has_no_cpu_limit() -> None:
    release = make_strimzi("oci://quay.io/strimzi-helm/strimzi-kafka-operator").plain
    (file,) = release["valueYamlFiles"]
    told = without_nulls(merged(CHART_DEFAULTS, merged(yaml.safe_load(file["text"]), release["values"])))
    assert told["resources"] == {"limits": {"memory": "384Mi"}, "requests": {"cpu": "100m", "memory": "384Mi"}}
    assert told["generateNetworkPolicy"] is True


def test_local_chart_is_of_its_own_version(tmp_path: Path) -> None:
    assert "version" not in make_strimzi(str(tmp_path)).plain
    assert make_strimzi(str(tmp_path)).plain["chart"] == str(tmp_path)
    assert make_strimzi("charts/strimzi").plain["chart"] == str(ROOT / "charts/strimzi")


@pytest.mark.parametrize("status", [0, 5])
def test_report_of_a_proof_is_in_its_log_and_its_status_stays(status: int, tmp_path: Path) -> None:
    report = tmp_path / "proof.html"
    sluice = tmp_path / "sluice"
    sluice.write_text(f'#!/bin/sh\necho "$@"; echo "<html>" >{report}; exit {status}\n')
    sluice.chmod(0o755)
    command = ["sh", "-c", proof_script(report=str(report)), "proof", "/data/a b.csv", "--allow-extra"]
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    told = f"--target external proof /data/a b.csv --allow-extra --output {report}"
    assert done.stdout.splitlines() == [told, "<html>"]
    assert done.returncode == status
