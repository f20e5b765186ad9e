"""The namespace goes with the cluster: its deletion is asked for, and nobody waits for the end of it.

Kubernetes ends no namespace while part of its API does not answer, and where the guard has stopped the nodes there is
nobody to answer for metrics.k8s.io. What was in the namespace is deleted all the same, and infra/gcp/claims.py waits
for what matters of it, the disks; waiting for the name as well would keep the cluster, and what it costs, for ever.
"""

from typing import Any, cast

from pulumi import ResourceTransformationArgs, ResourceTransformationResult

from infra.workloads.k8s_manifests import merged

_TYPE = "kubernetes:core/v1:Namespace"
_SKIPPED = {"annotations": {"pulumi.com/skipAwait": "true"}}


def skip_deletion_wait(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
    """What `ResourceOptions.transformations` takes."""
    if args.type_ != _TYPE:
        return None
    metadata = cast("dict[str, Any]", args.props["metadata"])
    return ResourceTransformationResult({**args.props, "metadata": merged(metadata, _SKIPPED)}, args.opts)
