"""Rule: every resource that can have labels has the stack's label, by which scripts/leftovers finds it."""

from collections.abc import Iterator, Mapping, Sequence

from infra.policy.declared_resource import DeclaredResource, Unknown, get_property

LABEL_PATHS: Mapping[str, tuple[str, ...]] = {
    "gcp:artifactregistry/repository:Repository": ("labels",),
    "gcp:cloudfunctionsv2/function:Function": ("labels",),
    "gcp:cloudrunv2/job:Job": ("labels",),
    "gcp:cloudrunv2/service:Service": ("labels",),
    "gcp:compute/disk:Disk": ("labels",),
    "gcp:compute/image:Image": ("labels",),
    "gcp:compute/instance:Instance": ("labels",),
    "gcp:compute/regionDisk:RegionDisk": ("labels",),
    "gcp:compute/snapshot:Snapshot": ("labels",),
    "gcp:container/cluster:Cluster": ("resourceLabels",),
    "gcp:container/nodePool:NodePool": ("nodeConfig", "resourceLabels"),
    "gcp:filestore/instance:Instance": ("labels",),
    "gcp:monitoring/alertPolicy:AlertPolicy": ("userLabels",),
    "gcp:monitoring/notificationChannel:NotificationChannel": ("userLabels",),
    "gcp:pubsub/subscription:Subscription": ("labels",),
    "gcp:pubsub/topic:Topic": ("labels",),
    "gcp:redis/instance:Instance": ("labels",),
    "gcp:secretmanager/secret:Secret": ("labels",),
    "gcp:sql/databaseInstance:DatabaseInstance": ("settings", "userLabels"),
    "gcp:storage/bucket:Bucket": ("labels",),
}
"""By type: path of its labels. The types of Google Cloud that the program creates, or is likely to."""
STACK_LABEL = "sluice-stack"
"""As in infra/gcp/cloud_context.py, which cannot be imported here: the pack's environment has no pulumi_gcp."""
_KUBERNETES_LABEL = "app.kubernetes.io/part-of"


def everything_is_labelled(resource: DeclaredResource) -> Iterator[str]:
    """Every resource that can have labels has the stack's label, so that scripts/leftovers finds it."""
    path, label = _required_label(resource)
    if not path:
        return
    labels = get_property(resource, *path)
    if labels is not Unknown.UNTIL_CREATED and not (labels or {}).get(label):
        yield f"{resource.display_name} has no label {label}"


def _required_label(resource: DeclaredResource) -> tuple[Sequence[str], str]:
    """Return the path of a resource's labels and the label it must have; an empty path if it cannot have labels."""
    if resource.type.startswith("kubernetes:") and resource.kind != "Release":
        return ("metadata", "labels"), _KUBERNETES_LABEL
    return LABEL_PATHS.get(resource.type, ()), STACK_LABEL
