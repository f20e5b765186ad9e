"""The Pulumi program of infra/ against a real API server: up, up again, a changed setting, destroy."""

import base64
import json
import math
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from infra.program import main
from sluice.local.pipeline_spec import PipelineSpec
from tests.cluster.api_client import Api
from tests.cluster.deployment import Cluster, Deployment, deployment
from tests.cluster.pod_security import violations, workloads
from tests.cluster_test_accounts import objects
from tests.in_cluster import job_like
from tests.kubernetes_servers import connector
from tests.run_sluice import wait_for

ROOT = Path(__file__).resolve().parents[2]
SPACE = "sluice"
READABLE_KINDS = (
    ("v1", "ConfigMap"),
    ("v1", "Event"),
    ("v1", "Pod"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("batch/v1", "Job"),
    ("kafka.strimzi.io/v1", "KafkaConnect"),
    ("kafka.strimzi.io/v1", "KafkaConnector"),
    ("kafka.strimzi.io/v1", "KafkaUser"),
)
STRIMZI = "kafka.strimzi.io/v1"


@pytest.fixture(scope="module")
def deployed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployment]:
    """The stack `kind` with all options, shared by the tests: each continues from the state that the last one left."""
    settings = {"kubeContext": "tests", "load.source": "nclt:2012-11-16"}
    folder = tmp_path_factory.mktemp("stack")
    with deployment(cluster, main, folder=folder, name="kind", settings_from=ROOT, settings=settings) as made:
        yield made


def test_a_preview_creates_nothing(cluster: Cluster, deployed: Deployment) -> None:
    assert "Namespace namespace" in deployed.stack.preview().labels("create")
    assert cluster.api.read("v1", "Namespace", SPACE) is None


def test_up_creates_objects_that_the_api_server_accepts(cluster: Cluster, deployed: Deployment) -> None:
    outcome = deployed.stack.up()
    assert set(outcome.changed.values()) == {"create"}
    for kind in ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "KafkaConnect", "KafkaConnector"):
        assert cluster.api.list(STRIMZI, kind, namespace=SPACE)


def test_every_pod_meets_the_restricted_standard(cluster: Cluster) -> None:
    kinds = {item["kind"] for item in workloads(cluster.api, namespace=SPACE)}
    assert {"Deployment", "StatefulSet", "Job"} <= kinds
    assert violations(cluster.api, namespace=SPACE) == []


def test_the_job_of_the_tests_meets_it_too(cluster: Cluster) -> None:
    toolbox = cluster.api.read("apps/v1", "Deployment", "toolbox", namespace=SPACE)
    assert toolbox
    job = job_like(toolbox, image="tests:1", arguments=["tests/pipeline"])
    config = next(entry.config for entry in PipelineSpec.read().connectors if entry.name == "redis-sink")
    made = [*objects("password"), connector("redis-sink-test", dict(config)), job]
    for entry in made:
        cluster.api.apply(entry, namespace=SPACE)
    assert violations(cluster.api, namespace=SPACE) == []
    for entry in made:
        cluster.api.delete(entry["apiVersion"], entry["kind"], entry["metadata"]["name"], namespace=SPACE, seconds=30)


def test_up_again_changes_nothing(deployed: Deployment) -> None:
    assert deployed.stack.up().changed == {}


def test_a_refresh_a_day_after_a_load_does_not_load_again(cluster: Cluster, deployed: Deployment) -> None:
    before = job_ids(cluster.api)
    assert before.keys() == {"load", "proof"}
    finish_jobs(cluster.api)
    pass_a_day(cluster.api)
    assert deployed.stack.up(refresh=True).changed == {}
    assert job_ids(cluster.api) == before


def job_ids(api: Api) -> dict[str, str]:
    jobs = api.list("batch/v1", "Job", namespace=SPACE)
    return {job["metadata"]["name"]: job["metadata"]["uid"] for job in jobs}


def finish_jobs(api: Api) -> None:
    """Let the pods of all Jobs succeed, and wait until the controller has seen it."""
    path = api.kind("v1", "Pod").path(namespace=SPACE)

    def finished() -> bool:
        for pod in api.list("v1", "Pod", namespace=SPACE):
            if "job-name" in pod["metadata"]["labels"] and pod["status"].get("phase") == "Pending":
                done = {"status": {"phase": "Succeeded"}}
                name = pod["metadata"]["name"]
                api.request("PATCH", f"{path}/{name}/status", done, content="application/merge-patch+json")
        return all(is_complete(job) for job in api.list("batch/v1", "Job", namespace=SPACE))

    wait_for(finished)


def is_complete(job: Any) -> bool:
    return any(entry["type"] == "Complete" for entry in job["status"].get("conditions", []))


def pass_a_day(api: Api) -> None:
    """Delete the finished Jobs whose time to live is over after a day, as the cluster does."""
    for job in api.list("batch/v1", "Job", namespace=SPACE):
        if is_complete(job) and job["spec"].get("ttlSecondsAfterFinished", math.inf) <= 24 * 60 * 60:
            api.delete("batch/v1", "Job", job["metadata"]["name"], namespace=SPACE, seconds=30)


def test_resources_of_renamed_components_are_kept(deployed: Deployment) -> None:
    former = {
        "sluice:workloads:NamespaceRules::namespace-rules": "sluice:workloads:Ground::ground",
        "sluice:workloads:NamespaceRules": "sluice:workloads:Ground",
        "sluice:workloads:TopicsAndUsers::topics-and-users": "sluice:workloads:Entities::entities",
        "sluice:workloads:TopicsAndUsers": "sluice:workloads:Entities",
    }
    deployed.stack.replace_in_state(former)
    assert any("sluice:workloads:Ground$" in entry["urn"] for entry in deployed.stack.state())
    assert deployed.stack.up().changed == {}
    assert not any("sluice:workloads:Ground" in entry["urn"] for entry in deployed.stack.state())


def test_a_changed_setting_changes_only_its_resources(deployed: Deployment) -> None:
    deployed.stack.configure({"proof.enabled": False})
    assert deployed.stack.up().changed == {"Job proof": "delete"}


def test_passwords_are_in_secrets_of_the_cluster_and_nowhere_else(cluster: Cluster, deployed: Deployment) -> None:
    deployed.stack.configure({"redis.maxmemoryMi": 99})
    assert "Secret redis-config" in deployed.stack.preview(diff=True).changed
    deployed.stack.configure({"redis.maxmemoryMi": 0})
    readable = {
        "the engine's output": deployed.stack.said,
        **{f"objects of kind {kind}": json.dumps(cluster.api.list(*kind, namespace=SPACE)) for kind in READABLE_KINDS},
        # Among them the state and its history.
        **{
            str(path): path.read_text(errors="replace")
            for path in deployed.stack.folder.parent.glob("state/**/*.json*")
        },
    }
    assert len(readable) > len(READABLE_KINDS) + 2
    secrets = cluster.api.list("v1", "Secret", namespace=SPACE)
    passwords = {
        f"{secret['metadata']['name']}, {key}": value
        for secret in secrets
        for key, value in secret["data"].items()
        if key.endswith("-password")
    }
    assert len(passwords) == 7
    for name, value in passwords.items():
        forms = (value, base64.b64decode(value).decode())
        assert [where for where, text in readable.items() if any(form in text for form in forms)] == [], name
    # kubectl's copy of what was applied would be a second place; nobody may read the first by another object.
    assert not any("last-applied" in key for secret in secrets for key in secret["metadata"].get("annotations", {}))


def test_destroy_deletes_everything_in_reverse_order(cluster: Cluster, deployed: Deployment) -> None:
    order = [label.split()[0] for label in deployed.stack.destroy().labels("delete")]
    for first, then in (
        ("KafkaConnector", "KafkaConnect"),
        ("KafkaConnect", "KafkaUser"),
        ("KafkaConnect", "KafkaTopic"),
        ("KafkaUser", "Kafka"),
        ("KafkaTopic", "Kafka"),
        ("Kafka", "KafkaNodePool"),
        ("KafkaNodePool", "Release"),
        ("Release", "Namespace"),
    ):
        last = len(order) - 1 - order[::-1].index(first)
        assert last < order.index(then), f"the last {first} goes before the first {then}"
    wait_for(lambda: cluster.api.read("v1", "Namespace", SPACE) is None)
    assert cluster.api.list("v1", "PersistentVolumeClaim", namespace=SPACE) == []
    assert deployed.stack.state() == []
