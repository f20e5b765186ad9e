"""Template of our pods: one container, not root, read-only root file system, restricted pod security standard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes.core.v1 import (
    ContainerArgsDict,
    EnvVarArgsDict,
    PodSecurityContextArgsDict,
    PodSpecArgsDict,
    PodTemplateSpecArgsDict,
    ResourceRequirementsArgsDict,
    SecurityContextArgsDict,
    TopologySpreadConstraintArgsDict,
    VolumeArgsDict,
    VolumeMountArgsDict,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgsDict

from infra.settings.profiles import Resources
from infra.workloads.workload_context import labels, selector

CA_SECRET = "sluice-cluster-ca-cert"  # noqa: S105 a name: Strimzi puts Kafka's CA certificate there
CA_FILE = "/etc/sluice/kafka/ca.crt"
CONTAINER_SECURITY: SecurityContextArgsDict = {
    "allow_privilege_escalation": False,
    "capabilities": {"drop": ["ALL"]},
    "read_only_root_filesystem": True,
}
_MIB_PER_GIB = 1024
_CA_VOLUME: VolumeArgsDict = {
    "name": "kafka-ca",
    "secret": {"secret_name": CA_SECRET, "items": [{"key": "ca.crt", "path": "ca.crt"}]},
}
_CA_MOUNT: VolumeMountArgsDict = {"name": "kafka-ca", "mount_path": "/etc/sluice/kafka", "read_only": True}


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod of one container; the rest of its specification is the same for all pods."""

    name: str
    component: str
    container: ContainerArgsDict
    """Without resources, security context and mounts, which `template` adds."""
    resources: Resources
    user: int
    """User and group id of the container and its volumes."""
    scratch: Mapping[str, str] = field(default_factory=dict[str, str])
    """Writable folders -> size limit; emptyDir volumes, deleted with the pod."""
    volumes: Sequence[VolumeArgsDict] = ()
    mounts: Sequence[VolumeMountArgsDict] = ()
    mounts_kafka_ca: bool = False
    """Mount the certificate of Kafka's CA at CA_FILE."""
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    grace_seconds: int = 30
    restart_policy: str = "Always"
    service_account: str = "default"
    """Its token for Kubernetes' API is not mounted."""
    spread: bool = False
    """Spread the pods over nodes and zones where possible."""

    def template(self) -> PodTemplateSpecArgsDict:
        """The pod template of a Deployment, a StatefulSet or a Job.

        Without empty lists, which the API server drops: after a refresh Pulumi would see a change, and replace a Job.
        """
        metadata: ObjectMetaArgsDict = {"labels": labels(self.name, self.component)}
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        return {"metadata": metadata, "spec": self._spec()}

    def _spec(self) -> PodSpecArgsDict:
        spec: PodSpecArgsDict = {
            "service_account_name": self.service_account,
            "automount_service_account_token": False,
            # Otherwise each Service puts variables like MYSQL_PORT=tcp://… into every container.
            "enable_service_links": False,
            "restart_policy": self.restart_policy,
            "termination_grace_period_seconds": self.grace_seconds,
            "security_context": pod_security(self.user),
            "containers": [self._container()],
        }
        if self.spread:
            spec["topology_spread_constraints"] = spread_over(self.name)
        if volumes := self._volumes():
            spec["volumes"] = volumes
        return spec

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
    """Security context of a pod that meets the restricted standard; its volumes belong to `user`."""
    return {
        "run_as_non_root": True,
        "run_as_user": user,
        "run_as_group": user,
        "fs_group": user,
        "fs_group_change_policy": "OnRootMismatch",
        "seccomp_profile": {"type": "RuntimeDefault"},
    }


def resource_requirements(resources: Resources) -> ResourceRequirementsArgsDict:
    """Requests and limits: the memory request is the limit, so that no other pod can take it; CPU has no limit."""
    gib, rest = divmod(resources.memory_mi, _MIB_PER_GIB)
    # As the API server writes it.
    memory = f"{resources.memory_mi}Mi" if rest else f"{gib}Gi"
    return {"requests": {"cpu": resources.cpu, "memory": memory}, "limits": {"memory": memory}}


def spread_over(name: str) -> list[TopologySpreadConstraintArgsDict]:
    """Topology constraints: spread the pods of `name` over nodes and zones where possible."""
    keys = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    return [
        {"max_skew": 1, "topology_key": key, "when_unsatisfiable": "ScheduleAnyway", "label_selector": selector(name)}
        for key in keys
    ]


def variable(name: str, value: str) -> EnvVarArgsDict:
    """An environment variable with a literal value."""
    return {"name": name, "value": value}


def secret_variable(name: str, *, secret: str, key: str) -> EnvVarArgsDict:
    """An environment variable from a key of a Secret, by reference: the value is not in the pod template."""
    return {"name": name, "value_from": {"secret_key_ref": {"name": secret, "key": key}}}
