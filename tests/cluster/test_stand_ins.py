"""The stand-ins are as strict as the real providers, and reject what they do not support."""

from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from tests.cluster.deployment import Cluster, deployment
from tests.cluster.kubernetes_stand_in import RELEASE, KubernetesStandIn
from tests.cluster.provider_plugins import without_waiting
from tests.cluster.provider_stand_in import ProviderError, StandIn
from tests.cluster.pulumi_engine import CommandError
from tests.cluster.pulumi_values import differences, marked_like, plain, restricted_to, secret
from tests.cluster.random_stand_in import RandomStandIn
from tests.cluster.replacement_rules import needs_replacement

METADATA: Any = {"namespace": "default"}


def unnamed() -> None:
    made = kubernetes.core.v1.ConfigMap("unnamed", metadata=METADATA, data={"a": "b"}, immutable=True)
    pulumi.export("name", made.metadata.name)
    pulumi.export("annotations", made.metadata.annotations)


def test_an_object_without_a_name_gets_one_and_keeps_it(cluster: Cluster, tmp_path: Path) -> None:
    with deployment(cluster, without_waiting(unnamed), folder=tmp_path) as made:
        outputs = made.stack.up().outputs
        assert outputs["name"].startswith("unnamed-")
        assert outputs["annotations"]["pulumi.com/skipAwait"] == "true"  # a setting for the real plugin
        again = made.stack.up()
        assert again.changed == {}
        assert again.outputs["name"] == outputs["name"]


def file_of_objects() -> None:
    kubernetes.yaml.v2.ConfigFile("objects", file="objects.yaml")


def test_an_unsupported_component_is_reported_by_pulumi(cluster: Cluster, tmp_path: Path) -> None:
    with deployment(cluster, file_of_objects, folder=tmp_path) as made:
        if not made.stood_in:
            pytest.skip("the real plugins are used here")
        with pytest.raises(CommandError, match="makes no component kubernetes:yaml/v2:ConfigFile"):
            made.stack.up()


def check(stand_in: StandIn, token: str, **news: Any) -> None:
    stand_in.check(kind=token, name="a", news=news, olds={}, seed=b"")


def test_unsupported_resources_are_rejected(cluster: Cluster) -> None:
    stand_in = KubernetesStandIn(cluster.api, definitions=[])
    with pytest.raises(ProviderError, match="patches no objects of others"):
        check(stand_in, "kubernetes:core/v1:ConfigMapPatch", apiVersion="v1", kind="ConfigMap")
    with pytest.raises(ProviderError, match="makes objects only"):
        check(stand_in, "kubernetes:kustomize/v2:Directory")
    with pytest.raises(ProviderError, match="knows Strimzi's chart only, not nginx"):
        stand_in.create(kind=RELEASE, name="other", inputs={"name": "other", "chart": "nginx"})
    with pytest.raises(ProviderError, match="makes no random:index/randomId:RandomId"):
        check(RandomStandIn(), "random:index/randomId:RandomId", byteLength=4)
    with pytest.raises(ProviderError, match="does not know minUpper"):
        check(RandomStandIn(), "random:index/randomPassword:RandomPassword", length=8, minUpper=1)


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
def test_changes_that_replace_an_object(
    kind: tuple[str, str], path: str, settings: dict[str, Any], replaced: bool
) -> None:
    inputs = {"apiVersion": kind[0], "kind": kind[1]}
    assert needs_replacement(inputs, path, settings=settings) is replaced


def test_differences_are_by_path() -> None:
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
    assert restricted_to(live, {"spec": {"replicas": 2, "paused": True}}) == {"spec": {"replicas": 3}}
