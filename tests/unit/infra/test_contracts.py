"""What holds of everything that the program makes, in each profile."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra.images import Images
from infra.versions import IMAGES, OWN_IMAGES
from infra.workloads import network
from local.description import Description
from tests.unit.infra.conftest import everything
from tests.unit.infra.engine import Made, Secret, walk

LABELS = ("name", "instance", "component", "part-of", "managed-by")
OF_THE_CLUSTER = {"Namespace", "PersistentVolume"}
WORKLOADS = {"StatefulSet", "Deployment", "Job"}
PULLED = Images(registry=None, overrides={})
MIB = {"Mi": 1, "Gi": 1024, "m": 1, "g": 1024}


def objects(made: list[Made]) -> list[Made]:
    """The Kubernetes objects among what is made; a chart is none."""
    return [entry for entry in made if entry.type.startswith("kubernetes:") and entry.kind != "Release"]


def pod_templates(made: list[Made]) -> Iterator[tuple[str, Any]]:
    for entry in objects(made):
        if entry.kind in WORKLOADS:
            yield f"{entry.kind} {entry.name}", entry.plain["spec"]["template"]


def containers(made: list[Made]) -> Iterator[tuple[str, Any]]:
    for name, template in pod_templates(made):
        for container in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]:
            yield f"{name}, container {container['name']}", container


def strimzi_containers(made: list[Made]) -> Iterator[tuple[str, Any]]:
    """The parts of Strimzi's resources that become a container with a JVM."""
    for entry in objects(made):
        spec = entry.plain.get("spec", {})
        if entry.kind in ("KafkaNodePool", "KafkaConnect"):
            yield f"{entry.kind} {entry.name}", spec
        if entry.kind == "Kafka":
            yield "topic operator", spec["entityOperator"]["topicOperator"]
            yield "user operator", spec["entityOperator"]["userOperator"]


def mebibytes(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi|m|g)", text).groups()  # type: ignore[union-attr]
    return int(number) * MIB[unit]


def test_every_object_is_labelled_and_in_the_namespace(made: list[Made]) -> None:
    for entry in objects(made):
        for label in LABELS:
            assert entry.metadata["labels"].get(f"app.kubernetes.io/{label}"), (entry.name, label)
        if entry.kind not in OF_THE_CLUSTER:
            assert entry.metadata["namespace"] == "sluice", entry.name


def test_every_pod_is_labelled_and_found_by_its_selector(made: list[Made]) -> None:
    for entry in objects(made):
        if entry.kind in WORKLOADS:
            labels = entry.plain["spec"]["template"]["metadata"]["labels"]
            assert {f"app.kubernetes.io/{label}" for label in LABELS} <= labels.keys()
            if entry.kind != "Job":
                assert entry.plain["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_every_container_has_requests_and_a_limit_of_memory(made: list[Made]) -> None:
    found = [*containers(made), *strimzi_containers(made)]
    assert len(found) >= 9
    for name, container in found:
        resources = container["resources"]
        assert resources["requests"]["cpu"], name
        assert resources["requests"]["memory"] == resources["limits"]["memory"], name


def test_a_heap_is_smaller_than_the_memory_it_lives_in(made: list[Made]) -> None:
    for name, container in strimzi_containers(made):
        heap, memory = container["jvmOptions"]["-Xmx"], container["resources"]["limits"]["memory"]
        assert mebibytes(heap) <= 0.7 * mebibytes(memory), name
    for name, container in containers(made):
        for variable in container.get("env", []):
            if heap := re.search(r"-Xmx(\d+m)", variable.get("value") or ""):
                assert mebibytes(heap[1]) <= 0.7 * mebibytes(container["resources"]["limits"]["memory"]), name


def test_everything_fits_into_the_quota(made: list[Made]) -> None:
    (quota,) = (entry.plain["spec"]["hard"] for entry in made if entry.kind == "ResourceQuota")
    needed = sum(_replicas(made, name) * mebibytes(c["resources"]["limits"]["memory"]) for name, c in _counted(made))
    operator = next(entry for entry in made if entry.kind == "Release").plain["values"]["resources"]["limits"]["memory"]
    # While a Deployment rolls, its old pods are there too.
    assert needed + mebibytes(operator) <= 0.9 * mebibytes(quota["limits.memory"])
    assert quota["services.loadbalancers"] == quota["services.nodeports"] == "0"


def _counted(made: list[Made]) -> list[tuple[str, Any]]:
    return [*containers(made), *strimzi_containers(made)]


def _replicas(made: list[Made], name: str) -> int:
    kind, _, rest = name.partition(" ")
    found = [entry for entry in objects(made) if entry.kind == kind and entry.name == rest.partition(",")[0]]
    return int(found[0].plain["spec"].get("replicas", 1)) if found else 1


def test_every_pod_meets_the_restricted_standard(made: list[Made]) -> None:
    for name, template in pod_templates(made):
        security = template["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert template["spec"]["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & template["spec"].keys(), name
        for volume in template["spec"]["volumes"]:
            assert volume.keys() - {"name"} <= {"secret", "emptyDir", "persistentVolumeClaim", "configMap"}, name


def test_every_container_meets_the_restricted_standard(made: list[Made]) -> None:
    for name, container in containers(made):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["capabilities"] == {"drop": ["ALL"]}, name
        assert security["readOnlyRootFilesystem"] is True, name


def test_the_namespace_enforces_the_restricted_standard(made: list[Made]) -> None:
    (namespace,) = (entry for entry in made if entry.kind == "Namespace")
    assert namespace.metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_mounted_volume_exists(made: list[Made]) -> None:
    claims = {entry.name: entry for entry in objects(made) if entry.kind == "StatefulSet"}
    for name, template in pod_templates(made):
        of_set = claims.get(name.partition(" ")[2]) if name.startswith("StatefulSet") else None
        templates = of_set.plain["spec"]["volumeClaimTemplates"] if of_set else []
        volumes = {entry["name"] for entry in template["spec"]["volumes"]}
        volumes |= {entry["metadata"]["name"] for entry in templates}
        for container in template["spec"]["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes, name


def test_images_are_those_of_versions_py(made: list[Made]) -> None:
    allowed = {PULLED[name] for name in (*IMAGES, *OWN_IMAGES)}
    found = set(_images(made))
    assert found == allowed
    for _, container in containers(made):
        assert container["imagePullPolicy"] == "IfNotPresent"


def test_every_image_comes_from_a_registry_of_ones_own() -> None:
    made = everything(**{"images.registry": "r.example.com/hub"})
    assert {image.partition("/strimzi")[0].partition("/hub")[0] for image in _images(made)} == {"r.example.com"}


def test_every_image_can_be_replaced() -> None:
    mine = {name: f"r.example.com/mine/{name}:1" for name in (*IMAGES, *OWN_IMAGES)}
    made = everything(**{f"images.{name}": image for name, image in mine.items()})
    assert set(_images(made)) == set(mine.values())


def _images(made: list[Made]) -> Iterator[str]:
    for entry in made:
        if entry.kind == "Release":
            values = entry.plain["values"]
            yield (
                "/".join((values["defaultImageRegistry"], values["defaultImageRepository"], values["image"]["name"]))
                + f":{values['defaultImageTag']}"
            )
        elif entry.type.startswith("kubernetes:"):
            yield from (value for path, value in walk(entry.plain) if path[-1:] == ("image",))


def test_nothing_is_open_to_the_world(made: list[Made]) -> None:
    for entry in objects(made):
        if entry.kind == "Service":
            assert entry.plain["spec"]["type"] == "ClusterIP"
        if entry.kind == "Kafka":
            assert {listener["type"] for listener in entry.plain["spec"]["kafka"]["listeners"]} == {"internal"}
        assert entry.kind not in ("Ingress", "Gateway")


def test_passwords_are_secret_wherever_they_are(made: list[Made]) -> None:
    for entry in objects(made):
        for path, value in walk(entry.inputs):
            if isinstance(value, str):
                assert "password-of-" not in value, (entry.name, path)


def test_secrets_are_marked_secret(made: list[Made]) -> None:
    secrets = [entry for entry in objects(made) if entry.kind == "Secret"]
    assert {entry.name for entry in secrets} == {"mysql", "mysql-scripts", "redis", "redis-config"}
    for entry in secrets:
        data = entry.inputs["stringData"]
        assert isinstance(data, Secret) or all(isinstance(value, Secret) for value in data.values()), entry.name


def test_only_secrets_hold_secret_values(made: list[Made]) -> None:
    # The name of a Secret taken from an output would make everything that mentions it secret, and unreadable.
    for entry in objects(made):
        if entry.kind != "Secret":
            assert not any(isinstance(value, Secret) for _, value in walk(entry.inputs)), entry.name


def test_containers_get_secrets_by_reference(made: list[Made]) -> None:
    for name, container in [*containers(made), *_connect_containers(made)]:
        for variable in container.get("env", []):
            if re.search(r"PASSWORD$|JAAS|TOKEN", variable["name"]):
                assert variable["valueFrom"]["secretKeyRef"], (name, variable["name"])


def _connect_containers(made: list[Made]) -> Iterator[tuple[str, Any]]:
    for entry in objects(made):
        if entry.kind == "KafkaConnect":
            yield entry.name, entry.plain["spec"]["template"]["connectContainer"]


def test_secrets_that_are_named_are_there_and_have_the_key(made: list[Made]) -> None:
    keys = {entry.name: set(entry.plain["stringData"]) for entry in objects(made) if entry.kind == "Secret"}
    # Strimzi makes these: one for each user, and that of the cluster's authority.
    keys |= {
        entry.metadata["name"]: {"password", "sasl.jaas.config"} for entry in objects(made) if entry.kind == "KafkaUser"
    }
    keys["sluice-cluster-ca-cert"] = {"ca.crt"}
    for entry in objects(made):
        for path, value in walk(entry.plain):
            if path[-1:] == ("secretKeyRef",):
                assert value["key"] in keys[value["name"]], (entry.name, value)
            if path[-1:] == ("secret",):
                assert {item["key"] for item in value.get("items", [])} <= keys[value["secretName"]], entry.name


def test_the_cluster_is_told_what_the_embedded_place_reads(made: list[Made]) -> None:
    description = Description.read()
    of = {
        kind: [entry.plain for entry in made if entry.kind == kind and entry.type.startswith("kubernetes:")]
        for kind in ("KafkaTopic", "KafkaUser", "KafkaConnector")
    }
    topics = {entry["spec"].get("topicName", entry["metadata"]["name"]): entry["spec"] for entry in of["KafkaTopic"]}
    assert topics.keys() == {topic.name for topic in description.topics}
    for topic in description.topics:
        assert topics[topic.name]["partitions"] == topic.partitions
        assert _texts(topics[topic.name].get("config", {})) == topic.config
    users = {entry["metadata"]["name"]: entry["spec"]["authorization"]["acls"] for entry in of["KafkaUser"]}
    assert users.keys() == {user.name for user in description.users}
    for user in description.users:
        told = {(rule["resource"]["name"], operation) for rule in users[user.name] for operation in rule["operations"]}
        assert told == {(acl.name, acl.operation) for acl in user.acls}
    connectors = {entry["metadata"]["name"]: entry["spec"] for entry in of["KafkaConnector"]}
    assert connectors.keys() == {connector.name for connector in description.connectors}
    for connector in description.connectors:
        spec = connectors[connector.name]
        told = {**_texts(spec["config"]), "connector.class": spec["class"], "tasks.max": f"{spec['tasksMax']:.0f}"}
        assert told == connector.config


def _texts(config: Mapping[str, Any]) -> dict[str, str]:
    """Settings as a properties file has them; the engine knows numbers with a point only."""
    return {name: _text(value) for name, value in config.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def test_no_topic_is_there_twice(made: list[Made]) -> None:
    # Without finalizers, deleting one of two resources for one topic deletes the topic and its data.
    topics = [entry.plain for entry in made if entry.kind == "KafkaTopic"]
    names = [entry["spec"].get("topicName", entry["metadata"]["name"]) for entry in topics]
    assert len(names) == len(set(names))


def test_copies_can_be_placed_and_acknowledged(made: list[Made]) -> None:
    pools = [entry.plain["spec"] for entry in made if entry.kind == "KafkaNodePool"]
    brokers = sum(pool["replicas"] for pool in pools if "broker" in pool["roles"])
    (kafka,) = (entry.plain["spec"]["kafka"]["config"] for entry in objects(made) if entry.kind == "Kafka")
    factors = {name: value for name, value in kafka.items() if name.endswith("replication.factor")}
    assert len(factors) == 4
    assert all(value <= brokers for value in factors.values())
    for name in ("min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr"):
        assert kafka[name] < min(factors.values()) or brokers == 1
    for topic in (entry.plain for entry in made if entry.kind == "KafkaTopic"):
        assert topic["spec"]["replicas"] == kafka["default.replication.factor"]


def test_disks_go_with_what_they_belong_to(made: list[Made]) -> None:
    for entry in objects(made):
        if entry.kind == "StatefulSet":
            policy = entry.plain["spec"]["persistentVolumeClaimRetentionPolicy"]
            assert policy == {"whenDeleted": "Delete", "whenScaled": "Retain"}
        if entry.kind == "KafkaNodePool":
            assert all(volume["deleteClaim"] for volume in entry.plain["spec"]["storage"]["volumes"])


def test_no_setting_can_cost_a_store_its_disk(made: list[Made]) -> None:
    for entry in objects(made):
        if entry.kind == "StatefulSet":
            assert "spec.volumeClaimTemplates" in entry.ignore_changes


def test_network_policies_are_the_flows_and_no_more(made: list[Made]) -> None:
    policies = {entry.metadata["name"]: entry.plain["spec"] for entry in made if entry.kind == "NetworkPolicy"}
    assert policies.pop("default-deny") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    policies.pop("allow-dns")
    parties = {frozenset(labels.items()): name for name, labels in network.PODS.items()}
    into, out_of = set[tuple[str, str, int]](), set[tuple[str, str, int]]()
    for spec in policies.values():
        own = parties[frozenset(spec["podSelector"]["matchLabels"].items())]
        into |= {(other, own, port) for other, port in _ends(spec["ingress"], "from", parties)}
        out_of |= {(own, other, port) for other, port in _ends(spec["egress"], "to", parties)}
    allowed = {(flow.source, flow.target, port) for flow in network.flows(console=True) for port in flow.ports}
    outside = {(source, target, port) for source, target, port in allowed if target not in network.PODS}
    assert into == allowed - outside
    assert out_of == (allowed - outside) | {(source, "", port) for source, _, port in outside}


def test_names_are_resolved_by_whatever_a_cluster_has_for_it(made: list[Made]) -> None:
    (spec,) = (entry.plain["spec"] for entry in made if entry.kind == "NetworkPolicy" and entry.name == "allow-dns")
    (rule,) = spec["egress"]
    assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {("UDP", 53), ("TCP", 53)}
    pods, *addresses = rule["to"]
    assert pods["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
    # kind and most others; GKE's cache on each node, which it has by default.
    (labels,) = pods["podSelector"]["matchExpressions"]
    assert labels == {"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}
    assert [peer["ipBlock"]["cidr"] for peer in addresses] == ["169.254.20.10/32", "169.254.169.254/32"]


def _ends(rules: list[Any], key: str, parties: Mapping[frozenset[tuple[str, str]], str]) -> Iterator[tuple[str, int]]:
    for rule in rules:
        for peer in rule.get(key, [None]):
            labels = peer["podSelector"]["matchLabels"] if peer else None
            for port in rule["ports"]:
                yield parties[frozenset(labels.items())] if labels else "", int(port["port"])


def test_brokers_admit_the_same_clients_as_the_network(made: list[Made]) -> None:
    (kafka,) = (entry.plain["spec"]["kafka"] for entry in objects(made) if entry.kind == "Kafka")
    (listener,) = kafka["listeners"]
    admitted = [peer["podSelector"]["matchLabels"] for peer in listener["networkPolicyPeers"]]
    flows = [flow for flow in network.flows(console=True) if flow.target == "kafka" and 9093 in flow.ports]
    assert admitted == [dict(network.PODS[flow.source]) for flow in flows]
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "scram-sha-512"}


def test_pods_that_call_are_the_pods_that_may(made: list[Made]) -> None:
    ours = {name.partition(" ")[2]: template["metadata"]["labels"] for name, template in pod_templates(made)}
    for name, labels in ours.items():
        assert network.PODS[name].items() <= labels.items()


ORDER = [
    # what comes later (and is deleted first), what it needs
    ("KafkaConnector", "KafkaConnect"),
    ("KafkaConnect", "KafkaUser"),
    ("KafkaConnect", "KafkaTopic"),
    ("KafkaConnect", "StatefulSet"),
    ("KafkaConnect", "Secret"),
    ("KafkaUser", "Kafka"),
    ("KafkaTopic", "Kafka"),
    ("Kafka", "KafkaNodePool"),
    ("KafkaNodePool", "Release"),
    ("Release", "NetworkPolicy"),
    ("Release", "ResourceQuota"),
    ("StatefulSet", "NetworkPolicy"),
    ("StatefulSet", "Secret"),
    ("Job", "KafkaConnector"),
    ("NetworkPolicy", "Namespace"),
    ("Secret", "Namespace"),
]


@pytest.mark.parametrize(("later", "needed"), ORDER)
def test_order_lets_everything_be_made_and_be_deleted(made: list[Made], later: str, needed: str) -> None:
    plain = [entry for entry in made if not entry.is_component]
    by_urn = {entry.urn: entry for entry in plain}
    firsts = {entry.urn for entry in plain if entry.kind == needed}
    assert firsts
    for entry in plain:
        if entry.kind == later:
            wanted = (
                _of_the_same_store(entry, firsts, by_urn) if (later, needed) == ("StatefulSet", "Secret") else firsts
            )
            assert wanted <= _all_before(entry, by_urn), entry.name


def _of_the_same_store(entry: Made, urns: set[str], by_urn: Mapping[str, Made]) -> set[str]:
    return {urn for urn in urns if by_urn[urn].name.startswith(entry.name)}


def _all_before(entry: Made, by_urn: Mapping[str, Made]) -> set[str]:
    found, left = set[str](), list(entry.dependencies)
    while left:
        urn = left.pop()
        if urn in by_urn and urn not in found:
            found.add(urn)
            left += by_urn[urn].dependencies
    return found


def test_proof_comes_after_the_load(made: list[Made]) -> None:
    jobs = {entry.name: entry for entry in made if entry.kind == "Job"}
    assert jobs["load"].urn in jobs["proof"].dependencies


def test_waits_end(made: list[Made]) -> None:
    for entry in objects(made):
        waits = entry.plain["metadata"].get("annotations", {}).get("pulumi.com/waitFor")
        if entry.kind == "KafkaNodePool":
            assert waits is None  # it has no condition of its own: the wait would never end
        elif entry.type.startswith("kubernetes:kafka.strimzi.io/"):
            assert waits == "condition=Ready"
            assert re.fullmatch(r"\d+m", entry.wait_create)


def test_everything_is_on_the_cluster_that_the_settings_name(made: list[Made]) -> None:
    (provider,) = (entry for entry in made if entry.type == "pulumi:providers:kubernetes")
    assert provider.inputs["context"] == "kind-sluice"
    for entry in [*objects(made), *(entry for entry in made if entry.kind == "Release")]:
        assert entry.provider.startswith(provider.urn), entry.name
