"""A cluster on Google Cloud, and the pipeline on it."""

from typing import Protocol

import pulumi
from pulumi_kubernetes import Provider

from infra.cost.report import total
from infra.cost.stack import shape_of
from infra.foundation import Foundation
from infra.gcp.cloud import CloudArgs, make_cloud, stack_name
from infra.gcp.credentials import access_token
from infra.gcp.rights import Ask, ask_google, may_make_budget
from infra.gcp.scrape import scrape
from infra.gcp.settings import GcpSettings
from infra.profiles import profile_of
from infra.settings import Settings
from infra.workloads.connect import Connect


class Deploy(Protocol):
    """What puts the pipeline on a cluster: infra.program.deploy."""

    def __call__(self, settings: Settings, *, on: Provider, foundation: Foundation) -> Connect:
        """Make the pipeline; Connect is what it makes last of all that stays."""
        ...


def deploy_on_google(settings: Settings, gcp: GcpSettings, *, deploy: Deploy, ask: Ask | None = None) -> None:
    """Make both; raises NoBudgetError before anything is made. `ask` asks Google for rights, unless a test answers."""
    # `pulumi preview` shows it too.
    pulumi.log.info(total(shape_of(settings, stack_name())))
    ask = ask or ask_google(access_token, project=gcp.place.project)
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
