"""The API server validates Strimzi's resources strictly, by the CRDs generated from Strimzi's classes."""

from typing import Any

import pytest

from tests.cluster.api_client import ApiError
from tests.cluster.deployment import Cluster
from tests.unit.infra.created_objects import objects
from tests.unit.infra.gcp.conftest import EVERYTHING, cloud

OF_OTHERS = {"PodMonitoring"}
"""Kinds of GKE's own, which this API server does not know."""


def connector(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaConnector",
        "metadata": {"name": "sink", "namespace": "default"},
        "spec": {"class": "some.Sink", "tasksMax": 1, "config": {"any.thing": "goes"}, **spec},
    }


def test_a_right_resource_is_accepted(cluster: Cluster) -> None:
    applied = cluster.api.apply(connector(autoRestart={"enabled": True}), dry_run=True)
    assert applied["spec"]["config"] == {"any.thing": "goes"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"autorestart": {}}, ".spec.autorestart: field not declared in schema"),
        ({"tasksMax": "many"}, "tasksMax"),
        ({"state": "asleep"}, 'Unsupported value: "asleep"'),
    ],
)
def test_a_wrong_field_is_refused_by_name(cluster: Cluster, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError) as refusal:
        cluster.api.apply(connector(**spec), dry_run=True)
    assert words in str(refusal.value)


def test_an_old_version_is_not_known(cluster: Cluster) -> None:
    with pytest.raises(ApiError, match="page not found") as refusal:
        cluster.api.apply(connector() | {"apiVersion": "kafka.strimzi.io/v1beta2"}, dry_run=True)
    assert refusal.value.status == 404


@pytest.mark.parametrize("parts", ['["kafka","operator","mysql"]', '["connect","registry","toolbox","jobs"]'])
def test_every_object_of_a_stack_on_google_is_accepted(cluster: Cluster, parts: str) -> None:
    accepted = list[str]()
    for entry in objects(cloud({**EVERYTHING, "nodes.onDemandFor": parts})):
        if entry.kind not in OF_OTHERS:
            metadata = {name: value for name, value in entry.metadata.items() if name != "namespace"}
            cluster.api.apply({**entry.plain, "metadata": metadata}, namespace="default", dry_run=True)
            accepted.append(entry.kind)
    assert {"Kafka", "KafkaNodePool", "KafkaConnect", "Deployment", "StatefulSet", "Job", "PriorityClass"} <= {
        *accepted
    }
