"""What the stand-ins promise: they are as strict as what they stand in for, and refuse what they cannot do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pytest

from tests.cluster.cluster import Cluster, deployment
from tests.cluster.engine import CommandError
from tests.cluster.plugins import unawaited
from tests.cluster.replacement import needs_replacement
from tests.cluster.values import differences, marked_like, plain, secret, seen_in

METADATA: Any = {"namespace": "default"}


def unnamed() -> None:
    made = kubernetes.core.v1.ConfigMap("unnamed", metadata=METADATA, data={"a": "b"}, immutable=True)
    pulumi.export("name", made.metadata.name)
    pulumi.export("annotations", made.metadata.annotations)


def test_an_object_without_a_name_gets_one_and_keeps_it(cluster: Cluster, tmp_path: Path) -> None:
    with deployment(cluster, unnamed, folder=tmp_path) as made:
        name = made.stack.up().outputs["name"]
        assert name.startswith("unnamed-")
        again = made.stack.up()
        assert again.changed == {}
        assert again.outputs["name"] == name


def test_a_program_told_not_to_wait_says_so_on_every_object(cluster: Cluster, tmp_path: Path) -> None:
    with deployment(cluster, unawaited(unnamed), folder=tmp_path) as made:
        assert made.stack.up().outputs["annotations"]["pulumi.com/skipAwait"] == "true"


def patch() -> None:
    kubernetes.core.v1.ConfigMapPatch(
        "theirs", metadata={"namespace": "default", "name": "kube-root-ca.crt"}, data={"a": "b"}
    )


def other_chart() -> None:
    kubernetes.helm.v3.Release("other", chart="nginx")


def file_of_objects() -> None:
    kubernetes.yaml.v2.ConfigFile("objects", file="objects.yaml")


def identity() -> None:
    random.RandomId("identity", byte_length=4)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (patch, "patches no objects of others"),
        (other_chart, "knows Strimzi's chart only, not nginx"),
        (file_of_objects, "makes no component kubernetes:yaml/v2:ConfigFile"),
        (identity, "makes no random:index/randomId:RandomId"),
    ],
)
def test_what_they_cannot_do_is_refused(
    cluster: Cluster, tmp_path: Path, program: Callable[[], None], words: str
) -> None:
    with deployment(cluster, program, folder=tmp_path) as made:
        if not made.stood_in:
            pytest.skip("the real plugins are used here")
        with pytest.raises(CommandError, match=words):
            made.stack.up()


@pytest.mark.parametrize(
    ("kind", "path", "settings", "replaced"),
    [
        (("v1", "ConfigMap"), "data.colour", {}, True),
        (("v1", "ConfigMap"), "data.colour", {"enableConfigMapMutable": "true"}, False),
        (("v1", "ConfigMap"), "metadata.labels.a", {}, False),
        (("v1", "ConfigMap"), "metadata.name", {}, True),
        (("apps/v1", "StatefulSet"), "spec.replicas", {}, False),
        (("apps/v1", "StatefulSet"), "spec.volumeClaimTemplates[0].spec.resources", {}, True),
        (("batch/v1", "Job"), "spec.template.spec.containers[0].image", {}, True),
        (("kafka.strimzi.io/v1", "Kafka"), "spec.kafka.version", {}, False),
    ],
)
def test_which_changes_make_a_new_object(
    kind: tuple[str, str], path: str, settings: dict[str, Any], replaced: bool
) -> None:
    inputs = {"apiVersion": kind[0], "kind": kind[1]}
    assert needs_replacement(inputs, path, settings=settings) is replaced


def test_differences_are_told_by_path() -> None:
    old = {"a": {"b": [1, 2], "c.d/e": 1}, "gone": 1}
    new = {"a": {"b": [1, 3, 4], "c.d/e": 2}, "new": None}
    assert dict(differences(old, plain(new))) == {
        "a.b[1]": "update",
        "a.b[2]": "add",
        'a["c.d/e"]': "update",
        "gone": "delete",
    }


def test_what_was_secret_stays_so_when_the_server_answers() -> None:
    given = {"data": {"password": secret("x")}, "stringData": secret({"a": "b"}), "kind": "Secret"}
    live = {"data": {"password": "x", "a": "Yg=="}, "kind": "Secret"}
    marked = marked_like(live, given)
    assert marked["data"]["password"] == secret("x")
    assert marked["stringData"] == secret({"a": "b"})


def test_only_the_programs_own_fields_are_read_back() -> None:
    live = {"spec": {"replicas": 3, "revisionHistoryLimit": 10}, "status": {}}
    assert seen_in(live, {"spec": {"replicas": 2, "paused": True}}) == {"spec": {"replicas": 3}}
