"""Strimzi's cluster operator, from its Helm chart; it watches its own namespace only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, CustomTimeouts, Resource, ResourceOptions, StringAsset
from pulumi_kubernetes.helm.v3 import Release

from infra.settings.declared_settings import ROOT
from infra.settings.profiles import Resources
from infra.settings.versions import STRIMZI_CHART
from infra.workloads.pod_template import resource_requirements
from infra.workloads.workload_context import WorkloadContext, labels

RESOURCES = Resources(cpu="100m", memory_mi=384)
_TIMEOUT_SECONDS = 600
NO_CPU_LIMIT = "resources: {limits: {cpu: null}}"
"""Removes the chart's CPU limit: Helm deletes a value that is null.

A values file, since Pulumi's Python SDK drops None from `values`.
"""


@dataclass(frozen=True, kw_only=True)
class StrimziArgs:
    """`chart` is an oci:// address or a folder, absolute or from the repository's root."""

    context: WorkloadContext
    chart: str
    after: Sequence[Resource]


class Strimzi(ComponentResource):
    """The operator. Helm leaves its custom resource definitions behind when the chart is uninstalled."""

    def __init__(self, name: str, args: StrimziArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Strimzi", name, None, opts)
        remote = args.chart.startswith("oci://")
        Release(
            "strimzi",
            name="strimzi",
            namespace=args.context.namespace,
            chart=args.chart if remote else str(ROOT / args.chart),
            # A local chart has its own version.
            version=STRIMZI_CHART if remote else None,
            values=_values(args.context.images["operator"]),
            value_yaml_files=[StringAsset(NO_CPU_LIMIT)],
            timeout=_TIMEOUT_SECONDS,
            # A failed installation cannot be repaired, only repeated.
            atomic=True,
            opts=ResourceOptions(
                parent=self,
                depends_on=args.after,
                custom_timeouts=CustomTimeouts(create=f"{_TIMEOUT_SECONDS}s", delete=f"{_TIMEOUT_SECONDS}s"),
            ),
        )
        self.register_outputs({})


def _values(image: str) -> Mapping[str, Any]:
    """Values of the chart. The topic and user operator and the brokers' init container use the same image."""
    registry, repository, name, tag, digest = _split_image(image)
    return {
        "defaultImageRegistry": registry,
        "defaultImageRepository": repository,
        "defaultImageTag": tag,
        "image": {"name": name, "digest": digest, "imagePullPolicy": "IfNotPresent"},
        "labels": labels("strimzi", "operator"),
        "resources": dict(resource_requirements(RESOURCES)),
        # infra/workloads/network_policies.py has all flows. Those that Strimzi made in a former version stay until they
        # are deleted: `sluice status` names them.
        "generateNetworkPolicy": False,
        # The chart has no startup probe. By default an operator that is not up after 100 s is restarted.
        "livenessProbe": {"initialDelaySeconds": 120, "periodSeconds": 30},
        "readinessProbe": {"initialDelaySeconds": 10, "periodSeconds": 10},
        "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        # For the pods that the operator creates: without this the namespace refuses its brokers.
        "extraEnvs": [{"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"}],
    }


def _split_image(image: str) -> tuple[str, str, str, str, str]:
    """Registry, repository, name, tag and digest of an image, which the chart takes separately."""
    reference, _, digest = image.partition("@")
    path, _, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    registry, _, repository = path.partition("/")
    return registry, repository, name, tag, digest
