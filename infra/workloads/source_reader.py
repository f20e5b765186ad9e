"""The Kubernetes service account of the pods that read sources: the toolbox and the Jobs of loads and proofs.

It has no rights in Kubernetes. On GKE a bucket can grant access to it (Workload Identity Federation).
"""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import ServiceAccount

from infra.workloads.workload_context import WorkloadContext

NAME = "source-reader"


def make_source_reader(context: WorkloadContext, *, parent: Resource, after: Sequence[Resource]) -> ServiceAccount:
    """Create the account; no pod gets its token for Kubernetes' API."""
    return ServiceAccount(
        NAME,
        metadata=context.metadata(NAME, "load"),
        automount_service_account_token=False,
        opts=ResourceOptions(parent=parent, depends_on=after),
    )


def principal(*, project: str, project_number: str, namespace: str) -> str:
    """The account as a member of IAM policies: for a cluster in `project`, whose pool all its clusters share."""
    return (
        f"principal://iam.googleapis.com/projects/{project_number}/locations/global/workloadIdentityPools/"
        f"{project}.svc.id.goog/subject/ns/{namespace}/sa/{NAME}"
    )
