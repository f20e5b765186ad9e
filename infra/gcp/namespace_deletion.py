"""Transformation that makes Pulumi not wait for the namespace's deletion, which the cluster's deletion ends.

Kubernetes finishes no deletion of a namespace while one of its API services is unavailable, and where the guard has
stopped the nodes nothing serves metrics.k8s.io. The objects in the namespace are deleted all the same, and
infra/gcp/claims.py waits for the disks; to wait for the namespace as well would keep the cluster, and its costs.
"""

from typing import Any, cast

from pulumi import ResourceTransformationArgs, ResourceTransformationResult

from infra.workloads.k8s_manifests import merged

_TYPE = "kubernetes:core/v1:Namespace"
_SKIPPED = {"annotations": {"pulumi.com/skipAwait": "true"}}


def skip_deletion_wait(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
    """A Pulumi transformation: annotate the namespace with skipAwait; None for any other resource."""
    if args.type_ != _TYPE:
        return None
    metadata = cast("dict[str, Any]", args.props["metadata"])
    return ResourceTransformationResult({**args.props, "metadata": merged(metadata, _SKIPPED)}, args.opts)
