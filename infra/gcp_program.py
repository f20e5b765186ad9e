"""The Pulumi program on Google Cloud: creates a GKE cluster behind a budget, then the pipeline on it."""

import os
from typing import Protocol

import pulumi
from pulumi_kubernetes import Provider

from infra.cost.billed_resources import BilledResources, count_billed_resources
from infra.cost.cost_report import sleep_cost, summary_line
from infra.gcp.budget_rights import QueryPermissions, can_create_budget, query_google
from infra.gcp.cloud_resources import CloudArgs, make_cloud, stack_name
from infra.gcp.prometheus_scrape import make_pod_monitoring
from infra.settings.gcp_settings import GcpSettings
from infra.settings.profiles import resolve_profile
from infra.settings.setting_checks import how_to_set
from infra.settings.stack_settings import Settings, SettingsError
from infra.workloads.connect_cluster import Connect
from infra.workloads.target_cluster import TargetCluster


class Deploy(Protocol):
    """The signature of infra.program.deploy, which is passed in: infra/program.py imports this module."""

    def __call__(self, settings: Settings, *, provider: Provider, target: TargetCluster) -> Connect:
        """Create the pipeline; returns Kafka Connect, created last of what stays."""
        ...


def deploy_on_google(
    settings: Settings, gcp: GcpSettings, *, deploy: Deploy, query_permissions: QueryPermissions | None = None
) -> None:
    """Create the cluster and the pipeline, and export this cloud's outputs.

    `query_permissions` is for tests; by default Cloud Billing is asked which permissions are granted.

    Raises SettingsError or NoBudgetError, before any resource is created.
    """
    resources = count_billed_resources(settings, stack_name())
    _check_pods_fit(resources)
    # The monthly cost, in `pulumi preview` too.
    pulumi.log.info(summary_line(resources))
    query_permissions = query_permissions or query_google(os.environ, project=gcp.cluster.project)
    cloud = make_cloud(
        CloudArgs(
            settings=gcp,
            stack=stack_name(),
            namespace=settings.cluster.namespace,
            redis_maxmemory_mi=resolve_profile(settings).redis_maxmemory_mi,
            sleep_cost=sleep_cost(resources),
            can_create_budget=can_create_budget(
                gcp.budget, query_permissions=query_permissions, project=gcp.cluster.project
            ),
            delete_unreachable=settings.cluster.delete_unreachable,
        )
    )
    connect = deploy(settings, provider=cloud.provider, target=cloud.target)
    if gcp.monitoring.enabled:
        make_pod_monitoring(settings.cluster.namespace, provider=cloud.provider, after=[connect])
    for name, value in {"guard": cloud.guard, **gcp_outputs(gcp)}.items():
        pulumi.export(name, value)


def _check_pods_fit(resources: BilledResources) -> None:
    """Raise SettingsError for a pod larger than a node: Pulumi would wait for it in vain, on nodes that cost."""
    if resources.pods_too_large:
        pods = ", ".join(resources.pods_too_large)
        raise SettingsError(
            f"nodes.machineType: no {resources.node_pools[0].machine_type} has room for {pods}; "
            f"{how_to_set('nodes.machineType')}, such as e2-standard-4"
        )


def gcp_outputs(gcp: GcpSettings) -> dict[str, str]:
    """Stack outputs of Google Cloud only: commands for credentials and costs, and pages of the console."""
    cluster = gcp.cluster
    location_option = "--region" if cluster.region == cluster.location else "--zone"
    endpoint_option = "" if cluster.control_plane_cidrs else " --dns-endpoint"
    console = "https://console.cloud.google.com"
    return {
        "credentials": f"gcloud container clusters get-credentials {cluster.name} {location_option} {cluster.location} "
        f"--project {cluster.project}{endpoint_option}",
        "cost": "scripts/cost",
        "extend": "scripts/extend",
        "wake": "scripts/wake",
        "leftovers": "scripts/leftovers",
        "dashboards": f"{console}/monitoring/dashboards?project={cluster.project}",
        "spending": f"{console}/billing/linkedaccount?project={cluster.project}",
    }
