"""`sluice status` on a cluster: the output of the command in the pod, and the cluster's problems."""

import json
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from tests.unit.sluice.cluster.cluster_objects import (
    PODS,
    STRIMZI,
    pod_object,
    resource,
    waiting,
    write_objects,
)
from tests.unit.sluice.cluster.conftest import Pod, call

STATUS_OK = "import json; print(json.dumps({'exit': 'OK', 'problems': []}))"


def test_problems_follow_the_status_of_the_parts(pod: Pod, there: Path) -> None:
    write_objects(there, PODS, pod_object("p", containerStatuses=[waiting("ErrImagePull")]))
    pod("print('Kafka  1 broker')")
    status, out = call("status")
    assert status is Exit.UNAVAILABLE
    assert out.splitlines() == [
        "Kafka  1 broker",
        "Cluster  1 problem",
        "  Pod p  container main: ErrImagePull",
    ]


def test_cluster_without_problems(pod: Pod) -> None:
    pod("")
    assert call("status") == (Exit.OK, "Cluster  no problems\n")


def test_problems_are_shown_without_a_toolbox_pod(
    pod: Pod, there: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    pod("")
    monkeypatch.setenv("READY", "")
    with pytest.raises(SluiceError, match="does not run"):  # nothing to show besides
        call("status")
    write_objects(there, PODS, pod_object("toolbox-5f", containerStatuses=[waiting("ErrImagePull")]))
    with pytest.raises(SluiceError, match="no pod of deployment/toolbox is ready") as caught:
        call("status")
    assert caught.value.status is Exit.UNAVAILABLE
    status, out = call("status", "--json")
    assert status is Exit.UNAVAILABLE
    status_object = json.loads(out)
    assert status_object["exit"] == "UNAVAILABLE"
    assert "is ready" in status_object["problems"][0]
    assert status_object["cluster"]["complaints"] == [
        {"about": "Pod toolbox-5f", "says": "container main: ErrImagePull"}
    ]


def test_json_contains_the_problems(pod: Pod, there: Path) -> None:
    pod(STATUS_OK)
    status, out = call("status", "--json")
    assert (status, json.loads(out)) == (
        Exit.OK,
        {"exit": "OK", "problems": [], "cluster": {"complaints": [], "silent": []}},
    )
    write_objects(there, STRIMZI, resource("Kafka"))
    status, out = call("status", "--json")
    assert (status, json.loads(out)["exit"]) == (Exit.FAILED, "FAILED")


def test_each_line_of_watch_contains_the_problems(pod: Pod, there: Path) -> None:
    pod(f"{STATUS_OK}; {STATUS_OK}")
    (there / "pods.error").write_text("error: Forbidden")
    lines = [json.loads(line) for line in call("status", "--json", "--watch")[1].splitlines()]
    assert [line["cluster"]["silent"] for line in lines] == [["pods and events could not be read: Forbidden"]] * 2


def test_output_that_is_no_json_is_unchanged(pod: Pod) -> None:
    pod("print('sluice: no'); sys.exit(2)")
    assert call("status", "--json") == (Exit.USAGE, "sluice: no\n")
