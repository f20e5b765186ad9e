"""The rule by which scripts/leftovers finds what is left."""

from collections.abc import Iterator, Mapping, Sequence

from infra.policy.declared_resource import DeclaredResource, Unknown, at

LABELS: Mapping[str, tuple[str, ...]] = {
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
"""Where each type of Google Cloud that is made here, or is likely to be added, has its labels."""
STACK_LABEL = "sluice-stack"
_KUBERNETES_LABEL = "app.kubernetes.io/part-of"


def everything_is_labelled(resource: DeclaredResource) -> Iterator[str]:
    """Whatever can be labelled is, so that scripts/leftovers finds it."""
    where, label = _label(resource)
    if not where:
        return
    labels = at(resource, *where)
    if labels is not Unknown.YET and not (labels or {}).get(label):
        yield f"{resource.label} has no label {label}"


def _label(resource: DeclaredResource) -> tuple[Sequence[str], str]:
    """Where a resource has its labels, and which one it must have; nothing for one that has none."""
    if resource.type.startswith("kubernetes:") and resource.kind != "Release":
        return ("metadata", "labels"), _KUBERNETES_LABEL
    return LABELS.get(resource.type, ()), STACK_LABEL
