"""A cluster on Google Cloud, and the pipeline on it."""

import os
from typing import Protocol

import pulumi
from pulumi_kubernetes import Provider

from infra.cost.billed_resources import BilledResources
from infra.cost.billed_stack import shape_of
from infra.cost.cost_report import total
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
    """What puts the pipeline on a cluster: infra.program.deploy."""

    def __call__(self, settings: Settings, *, provider: Provider, target: TargetCluster) -> Connect:
        """Make the pipeline; Connect is what it makes last of all that stays."""
        ...


def deploy_on_google(
    settings: Settings, gcp: GcpSettings, *, deploy: Deploy, ask: QueryPermissions | None = None
) -> None:
    """Make both; raises SettingsError and NoBudgetError before anything is made.

    `ask` asks Google for rights, unless a test answers.
    """
    shape = shape_of(settings, stack_name())
    _refuse_what_fits_nowhere(shape)
    # `pulumi preview` shows it too.
    pulumi.log.info(total(shape))
    ask = ask or query_google(os.environ, project=gcp.cluster.project)
    cloud = make_cloud(
        CloudArgs(
            settings=gcp,
            stack=stack_name(),
            namespace=settings.cluster.namespace,
            redis_maxmemory_mi=resolve_profile(settings).redis_maxmemory_mi,
            can_create_budget=can_create_budget(gcp.budget, ask=ask, project=gcp.cluster.project),
            delete_unreachable=settings.cluster.delete_unreachable,
        )
    )
    connect = deploy(settings, provider=cloud.provider, target=cloud.target)
    if gcp.monitoring.enabled:
        make_pod_monitoring(settings.cluster.namespace, on=cloud.provider, after=[connect])
    for name, value in {"guard": cloud.guard, **gcp_outputs(gcp)}.items():
        pulumi.export(name, value)


def _refuse_what_fits_nowhere(shape: BilledResources) -> None:
    """A pod that no node has room for would be waited for in vain, on nodes that are paid for."""
    if shape.too_large:
        raise SettingsError(
            f"nodes.machineType: no {shape.nodes[0].machine} has room for {', '.join(shape.too_large)}; "
            f"{how_to_set('nodes.machineType')}, such as e2-standard-4"
        )


def gcp_outputs(gcp: GcpSettings) -> dict[str, str]:
    """The outputs of this cloud, beside those of every cluster: what to type first, and what looks after the money."""
    place = gcp.cluster
    where = "--region" if place.region == place.location else "--zone"
    by_name = "" if place.control_plane_cidrs else " --dns-endpoint"
    console = "https://console.cloud.google.com"
    return {
        "credentials": f"gcloud container clusters get-credentials {place.name} {where} {place.location} "
        f"--project {place.project}{by_name}",
        "cost": "scripts/cost",
        "extend": "scripts/extend",
        "wake": "scripts/wake",
        "leftovers": "scripts/leftovers",
        "dashboards": f"{console}/monitoring/dashboards?project={place.project}",
        "spending": f"{console}/billing/linkedaccount?project={place.project}",
    }
