"""Custom roles whose id is a new one in each life of the role.

Google keeps the id of a deleted role: for 7 days the role can only be restored, then its id is blocked for up to 37
days after the deletion. With a fixed id `pulumi destroy` and a later `pulumi up` would fail.
"""

import secrets
from collections.abc import Iterable

from pulumi import ResourceOptions
from pulumi_gcp import projects

from infra.gcp.cloud_context import CloudContext

_SUFFIX_BYTES = 3


def make_custom_role(
    name: str,
    *,
    context: CloudContext,
    title: str,
    description: str,
    permissions: Iterable[str],
    opts: ResourceOptions,
) -> projects.IAMCustomRole:
    """A role of the project; its id is gcp.name, `name` and a random suffix."""
    # A role's id has no hyphens.
    prefix = context.name(name).replace("-", "_")
    return projects.IAMCustomRole(
        name,
        project=context.project,
        role_id=f"{prefix}_{secrets.token_hex(_SUFFIX_BYTES)}",
        title=title,
        description=description,
        permissions=list(permissions),
        # An existing role keeps its id. A resource that held the suffix could outlive the role in the state, where a
        # destroy fails half-way.
        opts=ResourceOptions.merge(opts, ResourceOptions(ignore_changes=["roleId"])),
    )
