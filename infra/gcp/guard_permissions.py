"""Permissions of the guard's service account: what the custom role grants, and what the guard tests that it has."""

from infra.gcp.cloud_context import CloudContext

PERMISSIONS = (
    "cloudscheduler.jobs.get",
    "compute.instanceGroupManagers.get",
    "container.clusters.get",
    "container.clusters.update",
    "container.operations.get",
)
"""Permissions of the functions' service account."""


def tested_permissions(_context: CloudContext) -> tuple[str, ...]:
    """Permissions granted on the project without a condition: the guard asks for them itself."""
    return PERMISSIONS


def conditional_permissions(_context: CloudContext) -> tuple[str, ...]:
    """Permissions granted with a condition, which cannot be asked for: scripts/guard-test reads the IAM policy."""
    return ()
