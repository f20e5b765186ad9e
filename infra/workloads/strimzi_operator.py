"""Strimzi's cluster operator, by its Helm chart; it watches its own namespace only."""

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
TAKEN_OFF = "resources: {limits: {cpu: null}}"
"""What the chart sets and is not wanted: CPU is never cut off here. Helm takes a null for that.

As a file of values, for Pulumi's Python drops a None among the values that it is given itself.
"""


@dataclass(frozen=True, kw_only=True)
class StrimziArgs:
    """Where the chart is: an oci:// address, or a folder from the repository's root or absolute."""

    context: WorkloadContext
    chart: str
    after: Sequence[Resource]


class Strimzi(ComponentResource):
    """The operator. Its custom resource definitions stay when it goes, as Helm has it."""

    def __init__(self, name: str, args: StrimziArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Strimzi", name, None, opts)
        remote = args.chart.startswith("oci://")
        Release(
            "strimzi",
            name="strimzi",
            namespace=args.context.namespace,
            chart=args.chart if remote else str(ROOT / args.chart),
            # A local chart is of the version that it says itself.
            version=STRIMZI_CHART if remote else None,
            values=_values(args.context.images["operator"]),
            value_yaml_files=[StringAsset(TAKEN_OFF)],
            timeout=_TIMEOUT_SECONDS,
            # Half an operator cannot be mended, only made again.
            atomic=True,
            opts=ResourceOptions(
                parent=self,
                depends_on=args.after,
                custom_timeouts=CustomTimeouts(create=f"{_TIMEOUT_SECONDS}s", delete=f"{_TIMEOUT_SECONDS}s"),
            ),
        )
        self.register_outputs({})


def _values(image: str) -> Mapping[str, Any]:
    """What the chart is told. The entity operators and the brokers' init container are of the same image."""
    registry, repository, name, tag, digest = _parts(image)
    return {
        "defaultImageRegistry": registry,
        "defaultImageRepository": repository,
        "defaultImageTag": tag,
        "image": {"name": name, "digest": digest, "imagePullPolicy": "IfNotPresent"},
        "labels": labels("strimzi", "operator"),
        "resources": dict(resource_requirements(RESOURCES)),
        # The chart has no startup probe. By default an operator that is not up after 100 s is started again.
        "livenessProbe": {"initialDelaySeconds": 120, "periodSeconds": 30},
        "readinessProbe": {"initialDelaySeconds": 10, "periodSeconds": 10},
        "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        # Every pod that it makes is held to the same standard; without this its brokers are refused.
        "extraEnvs": [{"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"}],
    }


def _parts(image: str) -> tuple[str, str, str, str, str]:
    """Registry, repository, name, tag and digest of an image, as the chart wants them apart."""
    reference, _, digest = image.partition("@")
    path, _, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    registry, _, repository = path.partition("/")
    return registry, repository, name, tag, digest
