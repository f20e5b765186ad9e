"""What all pods of ours have in common: nobody is root, nothing is written but where it is meant to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes.core.v1 import (
    ContainerArgsDict,
    EnvVarArgsDict,
    PodSecurityContextArgsDict,
    PodTemplateSpecArgsDict,
    ResourceRequirementsArgsDict,
    SecurityContextArgsDict,
    TopologySpreadConstraintArgsDict,
    VolumeArgsDict,
    VolumeMountArgsDict,
)

from infra.settings.profiles import Resources
from infra.workloads.workload_context import labels, selector

CA_SECRET = "sluice-cluster-ca-cert"  # noqa: S105 a name: Strimzi puts the authority's certificate there
CA_FILE = "/etc/sluice/kafka/ca.crt"
CONTAINER_SECURITY: SecurityContextArgsDict = {
    "allow_privilege_escalation": False,
    "capabilities": {"drop": ["ALL"]},
    "read_only_root_filesystem": True,
}
_CA_VOLUME: VolumeArgsDict = {
    "name": "kafka-ca",
    "secret": {"secret_name": CA_SECRET, "items": [{"key": "ca.crt", "path": "ca.crt"}]},
}
_CA_MOUNT: VolumeMountArgsDict = {"name": "kafka-ca", "mount_path": "/etc/sluice/kafka", "read_only": True}


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod of one container, described by what sets it apart."""

    name: str
    component: str
    container: ContainerArgsDict
    """Without resources and security, which are the same for all."""
    resources: Resources
    user: int
    scratch: Mapping[str, str] = field(default_factory=dict[str, str])
    """Folders that the container may write, and how much it may write there; lost with the pod."""
    volumes: Sequence[VolumeArgsDict] = ()
    mounts: Sequence[VolumeMountArgsDict] = ()
    mounts_kafka_ca: bool = False
    """It needs the certificate of Kafka's authority."""
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    grace_seconds: int = 30
    restart_policy: str = "Always"
    spread: bool = False
    """Not two of them on one node, nor in one zone, where there are several."""

    def template(self) -> PodTemplateSpecArgsDict:
        """The pod as a Deployment, a StatefulSet or a Job takes it."""
        return {
            "metadata": {"labels": labels(self.name, self.component), "annotations": dict(self.annotations)},
            "spec": {
                "automount_service_account_token": False,
                # Or each Service puts variables like MYSQL_PORT=tcp://… into every container.
                "enable_service_links": False,
                "restart_policy": self.restart_policy,
                "termination_grace_period_seconds": self.grace_seconds,
                "security_context": pod_security(self.user),
                "topology_spread_constraints": spread_over(self.name) if self.spread else [],
                "containers": [self._container()],
                "volumes": self._volumes(),
            },
        }

    def _container(self) -> ContainerArgsDict:
        scratch: list[VolumeMountArgsDict] = [{"name": _volume_name(path), "mount_path": path} for path in self.scratch]
        return {
            **self.container,
            "image_pull_policy": "IfNotPresent",
            "security_context": CONTAINER_SECURITY,
            "resources": resource_requirements(self.resources),
            "volume_mounts": [*self.mounts, *scratch, *([_CA_MOUNT] if self.mounts_kafka_ca else [])],
        }

    def _volumes(self) -> list[VolumeArgsDict]:
        scratch: list[VolumeArgsDict] = [
            {"name": _volume_name(path), "empty_dir": {"size_limit": size}} for path, size in self.scratch.items()
        ]
        return [*self.volumes, *scratch, *([_CA_VOLUME] if self.mounts_kafka_ca else [])]


def _volume_name(path: str) -> str:
    return "scratch" + path.replace("/", "-")


def pod_security(user: int) -> PodSecurityContextArgsDict:
    """A user of a pod, as the restricted pod security standard wants it; its volumes are that user's."""
    return {
        "run_as_non_root": True,
        "run_as_user": user,
        "run_as_group": user,
        "fs_group": user,
        "fs_group_change_policy": "OnRootMismatch",
        "seccomp_profile": {"type": "RuntimeDefault"},
    }


def resource_requirements(resources: Resources) -> ResourceRequirementsArgsDict:
    """Memory is promised in full, so that no neighbour can take it."""
    memory = f"{resources.memory_mi}Mi"
    return {"requests": {"cpu": resources.cpu, "memory": memory}, "limits": {"memory": memory}}


def spread_over(name: str) -> list[TopologySpreadConstraintArgsDict]:
    """Keep the pods of `name` apart, as far as there are nodes and zones."""
    keys = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    return [
        {"max_skew": 1, "topology_key": key, "when_unsatisfiable": "ScheduleAnyway", "label_selector": selector(name)}
        for key in keys
    ]


def variable(name: str, value: str) -> EnvVarArgsDict:
    """An environment variable that everybody may know."""
    return {"name": name, "value": value}


def secret_variable(name: str, *, secret: str, key: str) -> EnvVarArgsDict:
    """An environment variable from a Secret, named and not copied: the kubelet reads it."""
    return {"name": name, "value_from": {"secret_key_ref": {"name": secret, "key": key}}}
