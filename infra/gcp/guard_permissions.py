"""Permissions of the guard's service account: what the custom role grants, and what the guard tests that it has."""

from infra.gcp.cloud_context import CloudContext

PERMISSIONS = (
    "cloudscheduler.jobs.get",
    "compute.instanceGroupManagers.get",
    "container.clusters.get",
    "container.clusters.update",
    "container.operations.get",
)
"""Permissions of the functions' service account; those below only with guard.deleteAfterDays."""
END_PERMISSIONS = (
    "compute.disks.list",
    "compute.networks.get",
    "compute.networks.updatePolicy",
    "compute.routers.delete",
    "compute.routers.get",
    "monitoring.alertPolicies.list",
    "monitoring.notificationChannels.get",
)
"""To find the disks, to see that the warnings are mailed, and to delete the router. IAM's conditions know neither
routers nor labels: the function checks that the router is the stack's."""
DELETE_PERMISSIONS = ("compute.disks.delete", "container.clusters.delete")
"""To delete the cluster and its disks; the grant has a condition on their names, and the function checks the labels."""


def tested_permissions(context: CloudContext) -> tuple[str, ...]:
    """Permissions granted on the project without a condition: the guard asks for them itself."""
    return (*PERMISSIONS, *END_PERMISSIONS) if context.settings.guard.delete_after_days else PERMISSIONS


def conditional_permissions(context: CloudContext) -> tuple[str, ...]:
    """Permissions granted with a condition, which cannot be asked for: scripts/guard-test reads the IAM policy."""
    return DELETE_PERMISSIONS if context.settings.guard.delete_after_days else ()
