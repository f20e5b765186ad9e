"""Custom roles whose id is a new one in each life of the stack.

Google keeps the id of a deleted role: for 7 days the role can only be restored, then its id is blocked for up to 37
days after the deletion. With a fixed id `pulumi destroy` and a later `pulumi up` would fail.
"""

from collections.abc import Iterable

from pulumi import ResourceOptions
from pulumi_gcp import projects
from pulumi_random import RandomString

from infra.gcp.cloud_context import CloudContext

_SUFFIX_LENGTH = 6


def make_custom_role(
    name: str,
    *,
    context: CloudContext,
    title: str,
    description: str,
    permissions: Iterable[str],
    opts: ResourceOptions,
) -> projects.IAMCustomRole:
    """A role of the project; its id is gcp.name, `name` and a random suffix that is kept in the state."""
    suffix = RandomString(
        f"{name}-role-id",
        length=_SUFFIX_LENGTH,
        special=False,
        upper=False,
        opts=ResourceOptions(parent=opts.parent),
    )
    # A role's id has no hyphens.
    prefix = context.name(name).replace("-", "_")
    return projects.IAMCustomRole(
        name,
        project=context.project,
        role_id=suffix.result.apply(lambda text: f"{prefix}_{text}"),
        title=title,
        description=description,
        permissions=list(permissions),
        opts=opts,
    )
