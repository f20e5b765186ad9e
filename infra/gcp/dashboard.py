"""One dashboard: what the pipeline does, and how full it is."""

import json
from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_gcp import Provider, monitoring

from infra.gcp.cloud_context import CloudContext
from infra.gcp.metrics import CPU, DISK, FAILED_TASKS, LAG, MEMORY, NODES, SINK_RATE, SINKS, SOURCE_RATE

_COLUMNS = 12
_WIDTH, _HEIGHT = 6, 4


def dashboard(
    context: CloudContext, *, namespace: str, on: Provider, after: Sequence[Resource]
) -> monitoring.Dashboard:
    """Make it."""
    return monitoring.Dashboard(
        "dashboard",
        project=context.project,
        dashboard_json=json.dumps(definition(context, namespace=namespace)),
        opts=ResourceOptions(provider=on, depends_on=after),
    )


def definition(context: CloudContext, *, namespace: str) -> dict[str, object]:
    """The dashboard as Cloud Monitoring's API takes it."""
    tiles = [
        {
            "xPos": number * _WIDTH % _COLUMNS,
            "yPos": number * _WIDTH // _COLUMNS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "widget": _chart(title, query),
        }
        for number, (title, query) in enumerate(_queries(context, namespace).items())
    ]
    return {
        "displayName": f"{context.settings.cluster.name} (stack {context.stack})",
        "labels": context.labels,
        "mosaicLayout": {"columns": _COLUMNS, "tiles": tiles},
    }


def _queries(context: CloudContext, namespace: str) -> dict[str, str]:
    cluster = context.settings.cluster.name
    here = f'cluster="{cluster}",namespace="{namespace}"'
    ours = f'cluster_name="{cluster}",namespace_name="{namespace}"'
    container = f'monitored_resource="k8s_container",{ours}'
    return {
        "Records into the stores, a second": f"sum by (connector) ({SINK_RATE}{{{here}}})",
        "Changes out of MySQL, a second": f"sum by (connector) ({SOURCE_RATE}{{{here}}})",
        "Records behind": f"sum by (client_id) ({LAG}{{{here},{SINKS}}})",
        "Failed tasks": f"max by (connector) ({FAILED_TASKS}{{{here}}})",
        "Disks, share filled": f'max by (pod_name, volume_name) ({DISK}{{monitored_resource="k8s_pod",{ours}}})',
        "Memory": f'sum by (pod_name) ({MEMORY}{{{container},memory_type="non-evictable"}})',
        "Cores in use": f"sum by (pod_name) (rate({CPU}{{{container}}}[5m]))",
        "Nodes": f'count({NODES}{{monitored_resource="k8s_node",cluster_name="{cluster}"}})',
    }


def _chart(title: str, query: str) -> dict[str, object]:
    data = {"plotType": "LINE", "timeSeriesQuery": {"prometheusQuery": query}}
    return {"title": title, "xyChart": {"dataSets": [data]}}
