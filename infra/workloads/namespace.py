"""The namespace and its rules: pod security standard, quota, default limits, network policies, a service account."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, ResourceQuota
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from infra.workloads import network_policies
from infra.workloads.former_names import formerly
from infra.workloads.source_reader import make_source_reader
from infra.workloads.workload_context import WorkloadContext, labels

_COMPONENT = "namespace"
_RESTRICTED = "restricted"


@dataclass(frozen=True, kw_only=True)
class NamespaceRulesArgs:
    """What the namespace and its rules depend on."""

    context: WorkloadContext
    api_server_cidrs: tuple[str, ...]
    """Addresses of the API server, for egress rules; empty for any address."""
    collector: bool
    """Whether GKE collects metrics, which needs a network policy."""
    after: Sequence[Resource] = ()
    """Created before the namespace and deleted after it."""


class NamespaceRules(ComponentResource):
    """The namespace, created before everything else in it and deleted after it."""

    namespace: pulumi.Output[str]

    def __init__(self, name: str, args: NamespaceRulesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(
            "sluice:workloads:NamespaceRules", name, None, formerly("ground", "sluice:workloads:Ground", opts)
        )
        self._context = args.context
        self._namespace = self._make_namespace(args.after)
        self._inside = ResourceOptions(parent=self, depends_on=[self._namespace])
        self._make_quota()
        self._make_limits()
        make_source_reader(self._context, parent=self, after=[self._namespace])
        policies = network_policies.policies(api_server_cidrs=args.api_server_cidrs, collector=args.collector)
        for policy, spec in policies.items():
            NetworkPolicy(policy, metadata=self._context.metadata(policy, _COMPONENT), spec=spec, opts=self._inside)
        self.namespace = self._namespace.metadata.name
        self.register_outputs({"namespace": self.namespace})

    def _make_namespace(self, after: Sequence[Resource]) -> Namespace:
        security = {f"pod-security.kubernetes.io/{mode}": _RESTRICTED for mode in ("enforce", "audit", "warn")}
        return Namespace(
            "namespace",
            metadata={
                "name": self._context.namespace,
                "labels": {**labels(self._context.namespace, _COMPONENT), **security},
            },
            opts=ResourceOptions(parent=self, depends_on=after),
        )

    def _make_quota(self) -> None:
        ResourceQuota(
            "quota",
            metadata=self._context.metadata("quota", _COMPONENT),
            spec={"hard": dict(self._context.profile.quota)},
            opts=self._inside,
        )

    def _make_limits(self) -> None:
        """Defaults for containers of others: those of a chart, and the init containers of Strimzi's pods."""
        LimitRange(
            "limits",
            metadata=self._context.metadata("limits", _COMPONENT),
            spec={
                "limits": [
                    {
                        "type": "Container",
                        "default": {"memory": "256Mi"},
                        "default_request": {"cpu": "50m", "memory": "256Mi"},
                    }
                ]
            },
            opts=self._inside,
        )
