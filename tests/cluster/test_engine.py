"""Tests of the test harness: Pulumi's engine, the stand-ins and the control plane, with a small program."""

import json
from collections.abc import Generator

import pytest

from tests.cluster.deployment import Cluster, Deployment, deployment
from tests.cluster.pod_security import violations
from tests.cluster.pulumi_engine import CommandError
from tests.cluster.sample_program import program
from tests.run_sluice import wait_for

SPACE = "harness"
NAMESPACE, RELEASE, SETTINGS = "Namespace namespace", "Release strimzi", "ConfigMap settings"
PASSWORD, LOGIN, STORE, KAFKA = "RandomPassword password", "Secret login", "StatefulSet store", "Kafka kafka"


@pytest.fixture(scope="module")
def deployed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployment]:
    """The program's stack, shared by the tests: each continues from the state that the one before left."""
    folder = tmp_path_factory.mktemp("stack")
    with deployment(cluster, program, folder=folder, settings={"namespace": SPACE}) as made:
        yield made


def test_a_preview_creates_nothing(cluster: Cluster, deployed: Deployment) -> None:
    outcome = deployed.stack.preview()
    assert set(outcome.labels("create")) == {NAMESPACE, RELEASE, SETTINGS, PASSWORD, LOGIN, STORE, KAFKA}
    assert cluster.api.read("v1", "Namespace", SPACE) is None


def test_up_creates_every_object_in_dependency_order(cluster: Cluster, deployed: Deployment) -> None:
    outcome = deployed.stack.up()
    order = outcome.labels("create")
    assert len(order) == 7
    for first, then in ((NAMESPACE, RELEASE), (RELEASE, KAFKA), (PASSWORD, LOGIN), (LOGIN, STORE)):
        assert order.index(first) < order.index(then)
    kafka = cluster.api.read("kafka.strimzi.io/v1", "Kafka", "kafka", namespace=SPACE)
    assert kafka
    assert kafka["spec"]["kafka"]["version"] == "4.3.1"
    assert violations(cluster.api, namespace=SPACE) == []
    store = cluster.api.read("apps/v1", "StatefulSet", "store", namespace=SPACE)
    assert store
    assert (
        outcome.outputs["uid"] == store["metadata"]["uid"]
    )  # a field that the server sets is an output of the program
    if deployed.stood_in:
        assert deployed.stand_in.releases["strimzi"]["values"] == {"watchAnyNamespace": False}


def test_a_password_is_in_its_secret_and_nowhere_readable(cluster: Cluster, deployed: Deployment) -> None:
    outcome = deployed.stack.up()
    login = cluster.api.read("v1", "Secret", "login", namespace=SPACE)
    assert login
    state = json.dumps(deployed.stack.state())
    for text in (outcome.outputs["password"], login["data"]["password"]):
        assert text not in state
        assert text not in outcome.output


def test_up_again_changes_nothing(deployed: Deployment) -> None:
    assert deployed.stack.up().changed == {}


def test_a_changed_setting_updates_only_its_resource(cluster: Cluster, deployed: Deployment) -> None:
    deployed.stack.configure({"replicas": 2})
    assert deployed.stack.up().changed == {STORE: "update"}
    store = cluster.api.read("apps/v1", "StatefulSet", "store", namespace=SPACE)
    assert store
    assert store["spec"]["replicas"] == 2


def test_an_immutable_object_is_replaced(cluster: Cluster, deployed: Deployment) -> None:
    before = cluster.api.read("v1", "ConfigMap", "settings", namespace=SPACE)
    deployed.stack.configure({"colour": "red"})
    outcome = deployed.stack.up()
    after = cluster.api.read("v1", "ConfigMap", "settings", namespace=SPACE)
    assert set(outcome.changed) == {SETTINGS}
    assert before
    assert after
    assert after["data"] == {"colour": "red"}
    assert after["metadata"]["uid"] != before["metadata"]["uid"]


def test_up_does_not_overwrite_a_field_that_another_manager_has_changed(cluster: Cluster, deployed: Deployment) -> None:
    path = cluster.api.kind("apps/v1", "StatefulSet").path(namespace=SPACE, name="store")
    cluster.api.request("PATCH", path, {"spec": {"replicas": 3}}, content="application/merge-patch+json")
    deployed.stack.refresh()
    with pytest.raises(CommandError, match="conflict"):
        deployed.stack.up()
    cluster.api.request("PATCH", path, {"spec": {"replicas": 2}}, content="application/merge-patch+json")
    deployed.stack.refresh()
    assert deployed.stack.up().changed == {}


def test_a_field_that_strimzi_does_not_have_is_refused_by_name(deployed: Deployment) -> None:
    deployed.stack.configure({"wrong": True})
    with pytest.raises(CommandError, match=r"Kafka harness/kafka: .*\.spec\.kafka\.replica: field not declared"):
        deployed.stack.up()
    deployed.stack.configure({"wrong": False})
    assert deployed.stack.up().changed == {}


def test_a_cluster_made_anew_gets_everything_again(cluster: Cluster, deployed: Deployment) -> None:
    """As scripts/kind-up does it, after its cluster was deleted by hand."""
    cluster.api.delete("v1", "Namespace", SPACE, seconds=60)
    deployed.stand_in.releases.clear()  # Helm keeps a release in a Secret of the namespace
    outcome = deployed.stack.up(refresh=True)
    assert {NAMESPACE, RELEASE, SETTINGS, LOGIN, STORE, KAFKA} <= set(outcome.labels("create"))
    assert PASSWORD not in outcome.changed
    assert deployed.stack.up().changed == {}


def test_destroy_deletes_everything_in_reverse_order(cluster: Cluster, deployed: Deployment) -> None:
    outcome = deployed.stack.destroy()
    order = outcome.labels("delete")
    assert len(order) == 7
    for first, then in ((KAFKA, RELEASE), (RELEASE, NAMESPACE), (STORE, LOGIN), (LOGIN, PASSWORD)):
        assert order.index(first) < order.index(then)
    assert deployed.stand_in.deleted[-1] == f"Namespace {SPACE}"
    wait_for(lambda: cluster.api.read("v1", "Namespace", SPACE) is None)
    assert cluster.api.list("v1", "PersistentVolumeClaim") == []
    assert deployed.stack.state() == [] or {entry["type"] for entry in deployed.stack.state()} == {
        "pulumi:pulumi:Stack"
    }
