"""Outputs of a stack: commands that can be typed."""

import shlex

from infra.settings.stack_settings import Settings
from infra.stack_outputs import stack_outputs


def test_outputs_are_commands_that_can_be_typed() -> None:
    outputs = stack_outputs(Settings.parse({"kubeContext": "kind-sluice", "load.source": "nclt:2012-11-16"}))
    assert outputs["status"] == "scripts/sluice --target kind status"
    assert outputs["proof"] == "scripts/sluice --target kind proof nclt:2012-11-16"
    other = stack_outputs(Settings.parse({"kubeContext": "gke_p_z_c", "namespace": "lab"}))
    assert other["status"] == "scripts/sluice --target context:gke_p_z_c --namespace lab status"
    assert other["console"] == "scripts/sluice --target context:gke_p_z_c --namespace lab console"
    assert shlex.split(other["look"])[:5] == ["kubectl", "--context", "gke_p_z_c", "--namespace", "lab"]
