"""The load Job, the proof Job, and their data folder."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.workloads.load_jobs import proof_script
from producer.runtime.exit_status import Exit
from sluice.view import endpoints
from tests.unit.infra.conftest import everything

pytestmark = pytest.mark.slow


def test_load_job_has_the_settings_of_the_stack() -> None:
    made = everything(**{"load.options": '["--max-rejects", "5"]', "load.timeoutMinutes": "90"})
    (load,) = (entry for entry in made if entry.kind == "Job" and entry.name == "load")
    (container,) = load.plain["spec"]["template"]["spec"]["containers"]
    assert container["args"][:2] == ["gps", "/data/gps.csv"]
    assert container["args"][-2:] == ["--max-rejects", "5"]
    assert {"name": "data-folder", "mountPath": "/data", "readOnly": True} in container["volumeMounts"]
    assert load.plain["spec"]["activeDeadlineSeconds"] == 90 * 60
    assert load.plain["spec"]["backoffLimit"] > 0


def test_a_finished_job_stays_and_a_failed_one_is_replaced() -> None:
    jobs = [entry for entry in everything() if entry.kind == "Job"]
    assert len(jobs) == 2
    for job in jobs:
        assert "ttlSecondsAfterFinished" not in job.plain["spec"]
        assert job.metadata["annotations"] == {"pulumi.com/replaceUnready": "true"}


def test_loader_has_no_more_variables_than_it_needs() -> None:
    for kind in ("gps", "images"):
        (load,) = (entry for entry in everything(**{"load.kind": kind}) if entry.kind == "Job" and entry.name == "load")
        (container,) = load.plain["spec"]["template"]["spec"]["containers"]
        assert container["args"][0] == kind
        assert [variable["name"] for variable in container["env"]] == list(endpoints.PRODUCER_VARIABLES)


def test_failures_that_would_repeat_are_not_retried() -> None:
    (load,) = (entry for entry in everything() if entry.kind == "Job" and entry.name == "load")
    (rule,) = load.plain["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert set(rule["onExitCodes"]["values"]) == {Exit.USAGE, Exit.REJECTED, Exit.DIFFERENT}


def test_proof_job_can_be_disabled() -> None:
    made = everything(**{"proof.enabled": "false"})
    assert [entry.name for entry in made if entry.kind == "Job"] == ["load"]


def test_folder_of_the_nodes_outlives_the_pipeline() -> None:
    (volume,) = (entry for entry in everything() if entry.kind == "PersistentVolume")
    assert volume.plain["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume.plain["spec"]["hostPath"]["path"] == "/data"


@pytest.mark.parametrize("status", [0, 5])
def test_report_of_a_proof_is_in_its_log_and_its_status_stays(status: int, tmp_path: Path) -> None:
    report = tmp_path / "proof.html"
    sluice = tmp_path / "sluice"
    sluice.write_text(f'#!/bin/sh\necho "$@"; echo "<html>" >{report}; exit {status}\n')
    sluice.chmod(0o755)
    command = ["sh", "-c", proof_script(report=str(report)), "proof", "/data/a b.csv", "--allow-extra"]
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    command_line = f"--target external proof /data/a b.csv --allow-extra --output {report}"
    assert done.stdout.splitlines() == [command_line, "<html>"]
    assert done.returncode == status
