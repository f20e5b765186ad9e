"""The Pulumi program on Google Cloud: creates a GKE cluster behind a budget, then the pipeline on it."""

import os
from dataclasses import replace
from typing import Protocol

import pulumi
from pulumi_kubernetes import Provider

from infra.cost.billed_resources import BilledResources, count_billed_resources
from infra.cost.cost_report import cost_output, summary_line
from infra.cost.estimate import estimate
from infra.cost.price_table import Prices
from infra.gcp.budget_rights import BillingQueries, CloudBilling, budget_currency, can_create_budget
from infra.gcp.cloud_context import project_number_command
from infra.gcp.cloud_resources import CloudArgs, make_cloud, stack_name
from infra.gcp.prometheus_scrape import make_pod_monitoring
from infra.gcp.secrets_key import CloudKms, KeyQueries, require_key_grant
from infra.settings.gcp_settings import GcpSettings
from infra.settings.profiles import resolve_profile
from infra.settings.setting_checks import how_to_set
from infra.settings.stack_settings import Settings, SettingsError
from infra.workloads import source_reader
from infra.workloads.connect_cluster import Connect
from infra.workloads.target_cluster import TargetCluster


class Deploy(Protocol):
    """The signature of infra.program.deploy, which is passed in: infra/program.py imports this module."""

    def __call__(self, settings: Settings, *, provider: Provider, target: TargetCluster) -> Connect:
        """Create the pipeline; returns Kafka Connect, created last of what stays."""
        ...


def deploy_on_google(
    settings: Settings,
    gcp: GcpSettings,
    *,
    deploy: Deploy,
    billing: BillingQueries | None = None,
    keys: KeyQueries | None = None,
) -> None:
    """Create the cluster and the pipeline, and export this cloud's outputs.

    `billing` and `keys` are for tests; by default Cloud Billing is asked about the billing account, and Google which
    accounts may use a key.

    Raises SettingsError, NoBudgetError or SecretsKeyError, before any resource is created.
    """
    resources = count_billed_resources(settings, stack_name())
    _check_pods_fit(resources)
    # The monthly cost, in `pulumi preview` too.
    pulumi.log.info(summary_line(resources))
    costs = cost_output(estimate(resources, Prices.load()))
    billing = billing or CloudBilling(os.environ, project=gcp.cluster.project)
    with_budget = can_create_budget(gcp.budget, billing=billing, project=gcp.cluster.project)
    gcp = replace(gcp, budget=replace(gcp.budget, currency=budget_currency(gcp.budget, billing=billing)))
    require_key_grant(gcp.cluster, queries=keys or CloudKms(os.environ, project=gcp.cluster.project))
    cloud = make_cloud(
        CloudArgs(
            settings=gcp,
            stack=stack_name(),
            namespace=settings.cluster.namespace,
            redis_maxmemory_mi=resolve_profile(settings).redis_maxmemory_mi,
            sleep_cost=costs["monthAtZeroNodes"],
            can_create_budget=with_budget,
        )
    )
    connect = deploy(settings, provider=cloud.provider, target=cloud.target)
    if gcp.monitoring.enabled:
        make_pod_monitoring(settings.cluster.namespace, provider=cloud.provider, after=[connect])
    outputs = {
        "guard": cloud.guard,
        "estimate": costs,
        **gcp_outputs(gcp, namespace=settings.cluster.namespace),
    }
    for name, value in outputs.items():
        pulumi.export(name, value)


def _check_pods_fit(resources: BilledResources) -> None:
    """Raise SettingsError for a pod larger than a node: Pulumi would wait for it in vain, on nodes that cost."""
    if resources.pods_too_large:
        pods = ", ".join(resources.pods_too_large)
        raise SettingsError(
            f"nodes.machineType: no {resources.node_pools[0].machine_type} has room for {pods}; "
            f"{how_to_set('nodes.machineType')}, such as e2-standard-4"
        )


def gcp_outputs(gcp: GcpSettings, *, namespace: str) -> dict[str, str]:
    """Stack outputs of Google Cloud only: commands for credentials, a bucket and costs, and pages of the console."""
    cluster = gcp.cluster
    location_option = "--region" if cluster.region == cluster.location else "--zone"
    endpoint_option = "" if cluster.control_plane_cidrs else " --dns-endpoint"
    console = "https://console.cloud.google.com"
    reader = source_reader.principal(
        project=cluster.project, project_number=project_number_command(cluster.project), namespace=namespace
    )
    return {
        "credentials": f"gcloud container clusters get-credentials {cluster.name} {location_option} {cluster.location} "
        f"--project {cluster.project}{endpoint_option}",
        "grantBucket": f"gcloud storage buckets add-iam-policy-binding gs://BUCKET --role roles/storage.objectViewer"
        f" --member {reader}",
        "cost": "scripts/cost",
        "extend": "scripts/extend",
        "wake": "scripts/wake",
        "guardTest": "scripts/guard-test",
        "leftovers": "scripts/leftovers",
        "dashboards": f"{console}/monitoring/dashboards?project={cluster.project}",
        "spending": f"{console}/billing/linkedaccount?project={cluster.project}",
    }
