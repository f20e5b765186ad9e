"""The rights that the guard needs for guard.deleteAfterDays; without that setting it has none of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Output, Resource, ResourceOptions
from pulumi_gcp import projects, serviceaccount, storage

from infra.gcp.cloud_context import CloudContext
from infra.gcp.custom_role import make_custom_role
from infra.gcp.guard_config import bucket_name
from infra.gcp.guard_function.sluice_guard.sleep_state import OBJECT
from infra.gcp.guard_function.sluice_guard.stack_deletion import VOLUME_PREFIX
from infra.gcp.guard_permissions import DELETE_PERMISSIONS, END_PERMISSIONS


@dataclass(frozen=True, kw_only=True)
class GuardDeletionArgs:
    """`account` is that of the guard's functions, `bucket` the guard's."""

    context: CloudContext
    account: serviceaccount.Account
    bucket: Output[str]
    inside: ResourceOptions


def grant_deletion(args: GuardDeletionArgs) -> Sequence[Resource]:
    """Create the custom roles and grant them."""
    name = args.context.settings.cluster.name
    return [
        *_grant_role(
            args, "guard-end", "Finds disks, NAT and alerts of a stack, and deletes the NAT.", END_PERMISSIONS
        ),
        *_grant_role(
            args,
            "guard-delete",
            "Deletes a cluster and the disks of its claims.",
            DELETE_PERMISSIONS,
            condition=projects.IAMMemberConditionArgs(
                title=f"The cluster {name}, and disks of claims",
                # The disk of a claim is named after a random number: only the function can tell whose it is.
                expression=f'resource.name.endsWith("/clusters/{name}") '
                f'|| resource.name.extract("/disks/{{name}}").startsWith("{VOLUME_PREFIX}")',
            ),
        ),
        storage.BucketIAMMember(
            "guard-writes-state",
            bucket=args.bucket,
            role="roles/storage.objectUser",
            member=args.account.member,
            condition=storage.BucketIAMMemberConditionArgs(
                title="Since when the nodes are stopped",
                expression=f'resource.name == "projects/_/buckets/{bucket_name(args.context)}/objects/{OBJECT}"',
            ),
            opts=args.inside,
        ),
    ]


def _grant_role(
    args: GuardDeletionArgs,
    suffix: str,
    description: str,
    permissions: Sequence[str],
    *,
    condition: projects.IAMMemberConditionArgs | None = None,
) -> Sequence[Resource]:
    role = make_custom_role(
        suffix,
        context=args.context,
        title=args.context.name(suffix),
        description=description,
        permissions=permissions,
        opts=args.inside,
    )
    member = projects.IAMMember(
        f"{suffix}-role",
        project=args.context.project,
        role=role.name,
        member=args.account.member,
        condition=condition,
        opts=args.inside,
    )
    return [role, member]
