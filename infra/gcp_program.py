"""A cluster on Google Cloud, and the pipeline on it."""

import os
from typing import Protocol

import pulumi
from pulumi_kubernetes import Provider

from infra.cost.billed_resources import BilledResources, count_billed_resources
from infra.cost.cost_report import summary_line
from infra.gcp.budget_rights import Ask, ask_google, may_make_budget
from infra.gcp.cloud_resources import CloudArgs, make_cloud, stack_name
from infra.gcp.prometheus_scrape import scrape
from infra.settings.gcp_settings import GcpSettings
from infra.settings.profiles import profile_of
from infra.settings.setting_checks import set_it
from infra.settings.stack_settings import Settings, SettingsError
from infra.workloads.connect_cluster import Connect
from infra.workloads.target_cluster import TargetCluster


class Deploy(Protocol):
    """What puts the pipeline on a cluster: infra.program.deploy."""

    def __call__(self, settings: Settings, *, on: Provider, foundation: TargetCluster) -> Connect:
        """Make the pipeline; Connect is what it makes last of all that stays."""
        ...


def deploy_on_google(settings: Settings, gcp: GcpSettings, *, deploy: Deploy, ask: Ask | None = None) -> None:
    """Make both; raises SettingsError and NoBudgetError before anything is made.

    `ask` asks Google for rights, unless a test answers.
    """
    resources = count_billed_resources(settings, stack_name())
    _refuse_what_fits_nowhere(resources)
    # `pulumi preview` shows it too.
    pulumi.log.info(summary_line(resources))
    ask = ask or ask_google(os.environ, project=gcp.place.project)
    cloud = make_cloud(
        CloudArgs(
            settings=gcp,
            stack=stack_name(),
            namespace=settings.cluster.namespace,
            redis_maxmemory_mi=profile_of(settings).redis_maxmemory_mi,
            has_rights=may_make_budget(gcp.budget, ask=ask, project=gcp.place.project),
            delete_unreachable=settings.cluster.delete_unreachable,
        )
    )
    connect = deploy(settings, on=cloud.provider, foundation=cloud.foundation)
    if gcp.watch.enabled:
        scrape(settings.cluster.namespace, on=cloud.provider, after=[connect])
    for name, value in {"guard": cloud.guard, **commands(gcp)}.items():
        pulumi.export(name, value)


def _refuse_what_fits_nowhere(resources: BilledResources) -> None:
    """A pod that no node has room for would be waited for in vain, on nodes that are paid for."""
    if resources.pods_too_large:
        pods = ", ".join(resources.pods_too_large)
        raise SettingsError(
            f"nodes.machineType: no {resources.node_pools[0].machine_type} has room for {pods}; "
            f"{set_it('nodes.machineType')}, such as e2-standard-4"
        )


def commands(gcp: GcpSettings) -> dict[str, str]:
    """The outputs of this cloud, beside those of every cluster: what to type first, and what looks after the money."""
    place = gcp.place
    where = "--region" if place.region == place.location else "--zone"
    by_name = "" if place.control_plane_cidrs else " --dns-endpoint"
    console = "https://console.cloud.google.com"
    return {
        "credentials": f"gcloud container clusters get-credentials {place.cluster} {where} {place.location} "
        f"--project {place.project}{by_name}",
        "cost": "scripts/cost",
        "extend": "scripts/extend",
        "wake": "scripts/wake",
        "leftovers": "scripts/leftovers",
        "dashboards": f"{console}/monitoring/dashboards?project={place.project}",
        "spending": f"{console}/billing/linkedaccount?project={place.project}",
    }
