"""What Managed Prometheus scrapes: Strimzi's metrics of Connect, and of them only those that somebody reads."""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource

from infra.gcp.metrics import SCRAPED
from infra.workloads.network_policies import PODS
from infra.workloads.workload_context import labels

PORT = 9404
_NAME = "connect-metrics"
_EVERY = "60s"


def make_pod_monitoring(namespace: str, *, on: Provider, after: Sequence[Resource]) -> CustomResource:
    """Have the workers' metrics scraped. Strimzi's own network policy lets anybody in the cluster ask for them."""
    return CustomResource(
        _NAME,
        api_version="monitoring.googleapis.com/v1",
        kind="PodMonitoring",
        metadata={"name": _NAME, "namespace": namespace, "labels": labels(_NAME, "monitoring")},
        spec={
            "selector": {"matchLabels": dict(PODS["connect"])},
            "endpoints": [
                {
                    "port": PORT,
                    "interval": _EVERY,
                    "metricRelabeling": [{"sourceLabels": ["__name__"], "regex": "|".join(SCRAPED), "action": "keep"}],
                }
            ],
        },
        opts=ResourceOptions(provider=on, depends_on=after),
    )
