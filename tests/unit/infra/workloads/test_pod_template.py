"""Every pod that the program creates, in each profile: labels, resources, security context."""

import re
from typing import Any

from tests.unit.infra.created_objects import (
    WORKLOADS,
    containers,
    mebibytes,
    objects,
    pod_templates,
    strimzi_containers,
)
from tests.unit.infra.recording_monitor import Made

LABELS = ("name", "instance", "component", "part-of", "managed-by")
OF_THE_CLUSTER = {"Namespace", "PersistentVolume"}


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


def test_no_container_has_a_cpu_limit(made: list[Made]) -> None:
    for name, container in [*containers(made), *strimzi_containers(made)]:
        assert "cpu" not in container["resources"]["limits"], name
    for entry in made:
        if entry.kind == "LimitRange":
            assert all("cpu" not in limit.get("default", {}) for limit in entry.plain["spec"]["limits"])
        if entry.kind == "ResourceQuota":
            assert "limits.cpu" not in entry.plain["spec"]["hard"]


def test_java_heap_is_smaller_than_the_memory_limit(made: list[Made]) -> None:
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
