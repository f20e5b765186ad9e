"""Values of Strimzi's Helm chart."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings.declared_settings import ROOT
from infra.workloads.strimzi_operator import Strimzi, StrimziArgs
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.recording_monitor import Made, run

pytestmark = pytest.mark.slow


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
    """Merge values as Pulumi's provider and Helm do; a null stays."""
    if not isinstance(below, dict) or not isinstance(over, dict):
        return over
    return {**below, **{key: merged(below.get(key), value) for key, value in over.items()}}


def without_nulls(values: Any) -> Any:
    """Remove nulls, as Helm does at the end."""
    if not isinstance(values, dict):
        return values
    return {key: without_nulls(value) for key, value in values.items() if value is not None}


def test_strimzis_operator_has_no_cpu_limit() -> None:
    release = make_strimzi("oci://quay.io/strimzi-helm/strimzi-kafka-operator").plain
    (file,) = release["valueYamlFiles"]
    values = without_nulls(merged(CHART_DEFAULTS, merged(yaml.safe_load(file["text"]), release["values"])))
    assert values["resources"] == {"limits": {"memory": "384Mi"}, "requests": {"cpu": "100m", "memory": "384Mi"}}


def test_strimzi_creates_no_network_policies() -> None:
    """Its own would open the metrics of brokers and workers to every pod; the chart passes the value on as text."""
    release = make_strimzi("oci://quay.io/strimzi-helm/strimzi-kafka-operator").plain
    assert merged(CHART_DEFAULTS, release["values"])["generateNetworkPolicy"] is False
    assert "STRIMZI_NETWORK_POLICY_GENERATION" not in {entry["name"] for entry in release["values"]["extraEnvs"]}


def test_local_chart_is_of_its_own_version(tmp_path: Path) -> None:
    assert "version" not in make_strimzi(str(tmp_path)).plain
    assert make_strimzi(str(tmp_path)).plain["chart"] == str(tmp_path)
    assert make_strimzi("charts/strimzi").plain["chart"] == str(ROOT / "charts/strimzi")
