"""Environment of the guard's functions, and the stack output `guard` that scripts/extend and scripts/wake read."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.gcp.cloud_context import CloudContext, label_text
from infra.gcp.guard_permissions import conditional_permissions, tested_permissions
from infra.gcp.node_pools import pool_specs
from infra.gcp.vpc_network import ROUTER
from infra.settings.gcp_settings import DEFAULT_CURRENCY

TIMEOUT_SECONDS = 540
"""Timeout of a function: the maximum for event-driven ones."""
_PERCENT = 100
CLOCK_JOB = "guard-clock"
RUNTIME = "python313"
MEMORY = "256Mi"
INGRESS = "ALLOW_INTERNAL_ONLY"
EVENT_TYPE = "google.cloud.pubsub.topic.v1.messagePublished"
ON_BUDGET, ON_CLOCK = "on-budget", "on-clock"
"""Names of the functions, after gcp.name."""


def clock_job(context: CloudContext) -> str:
    """Full name of the Scheduler job, from which the functions read the deadline; known before the job exists."""
    return f"projects/{context.project}/locations/{context.region}/jobs/{context.name(CLOCK_JOB)}"


def bucket_name(context: CloudContext) -> str:
    """Name of the guard's bucket. Bucket names are global: the project's id makes this one unique."""
    return f"{context.project.replace(':', '-').replace('.', '-')}-{context.name('guard')}"


def function_environment(context: CloudContext, *, sleep_cost: str) -> dict[str, str]:
    """Environment variables of both functions; `sleep_cost` is what a month without nodes costs, as text."""
    guard, budget, cluster = context.settings.guard, context.settings.budget, context.settings.cluster
    return {
        "GUARD_PROJECT": context.project,
        "GUARD_LOCATION": context.location,
        "GUARD_CLUSTER": cluster.name,
        "GUARD_MODE": guard.mode,
        "GUARD_SHARE": str(guard.percent / _PERCENT),
        "GUARD_CURRENCY": budget.currency or DEFAULT_CURRENCY,
        "GUARD_CLOCK_JOB": clock_job(context),
        "GUARD_TTL_HOURS": str(guard.ttl_hours),
        "GUARD_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        "GUARD_DELETE_AFTER_DAYS": str(guard.delete_after_days),
        "GUARD_DELETION_PROTECTION": str(int(cluster.deletion_protection)),
        "GUARD_SLEEP_COST": sleep_cost,
        "GUARD_LABELS": label_text(context.labels),
        "GUARD_DESCRIPTION": context.title,
        "GUARD_ROUTER": f"projects/{context.project}/regions/{context.region}/routers/{context.name(ROUTER)}",
        "GUARD_BUCKET": bucket_name(context),
        "GUARD_PERMISSIONS": ",".join(tested_permissions(context)),
    }


def guard_output(context: CloudContext, *, has_budget: bool, alerts: Sequence[str]) -> Mapping[str, Any]:
    """The stack output `guard`: the cluster, the Scheduler job, and the pools' sizes as requests of GKE's API.

    `parts` is for scripts/guard-test; `alerts` are the names of the alert policies about the guard.
    """
    return {
        "project": context.project,
        "location": context.location,
        "cluster": context.settings.cluster.name,
        "clockJob": clock_job(context),
        "mode": context.settings.guard.mode,
        "deleteAfterDays": context.settings.guard.delete_after_days,
        "pools": {pool.name: pool.size_request for pool in pool_specs(context.settings.nodes)},
        "parts": {
            "label": context.stack,
            "topic": context.name("budget"),
            "onBudget": context.name(ON_BUDGET),
            "onClock": context.name(ON_CLOCK),
            "billingAccount": context.settings.budget.billing_account if has_budget else None,
            "alerts": list(alerts),
            "conditionalPermissions": list(conditional_permissions(context)),
        },
    }
