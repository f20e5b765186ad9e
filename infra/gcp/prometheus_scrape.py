"""PodMonitoring for Managed Prometheus: scrapes the metrics of Connect that infra/gcp/metrics.py lists."""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource

from infra.gcp.metrics import SCRAPED
from infra.workloads.network_policies import METRICS_PORT, PODS
from infra.workloads.workload_context import labels

_NAME = "connect-metrics"
_INTERVAL = "60s"


def make_pod_monitoring(namespace: str, *, provider: Provider, after: Sequence[Resource]) -> CustomResource:
    """Create the PodMonitoring. A network policy lets the collection reach the workers' metrics port."""
    return CustomResource(
        _NAME,
        api_version="monitoring.googleapis.com/v1",
        kind="PodMonitoring",
        metadata={"name": _NAME, "namespace": namespace, "labels": labels(_NAME, "monitoring")},
        spec={
            "selector": {"matchLabels": dict(PODS["connect"])},
            "endpoints": [
                {
                    "port": METRICS_PORT,
                    "interval": _INTERVAL,
                    "metricRelabeling": [{"sourceLabels": ["__name__"], "regex": "|".join(SCRAPED), "action": "keep"}],
                }
            ],
        },
        opts=ResourceOptions(provider=provider, depends_on=after),
    )
