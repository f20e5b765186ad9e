"""Outputs of the stack: context, namespace, and the commands to use next."""

from collections.abc import Mapping

from infra.settings.stack_settings import Settings
from infra.workloads.workload_context import PART_OF

_KIND = "kind-sluice"
"""The kubeconfig context of `--target kind`."""


def stack_outputs(settings: Settings) -> Mapping[str, str]:
    """Return the stack outputs of every kind of cluster: name -> value or shell command."""
    cluster = settings.cluster
    target = "kind" if cluster.context == _KIND else f"context:{cluster.context}"
    namespace_option = f" --namespace {cluster.namespace}" if cluster.namespace != PART_OF else ""
    sluice = f"scripts/sluice --target {target}{namespace_option}"
    kubectl = f"kubectl --context {cluster.context} --namespace {cluster.namespace}"
    source = settings.load.source or "SOURCE"
    return {
        "context": cluster.context,
        "namespace": cluster.namespace,
        "status": f"{sluice} status",
        "console": f"{sluice} console",
        "load": f"{sluice} load {settings.load.kind} {source}",
        "proof": f"{sluice} proof {source}",
        "look": f"{kubectl} get pods,kafka,kafkaconnect,kafkaconnector,kafkatopic,kafkauser",
        "down": "pulumi destroy",
    }
