"""Checks the Pods of workloads against the API server's admission, before a controller creates them."""

from typing import Any

from tests.cluster.api_client import Api, ApiError
from tests.run_sluice import wait_for

_WORKLOADS = (
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
)
_ENFORCE = "pod-security.kubernetes.io/enforce"


def workloads(api: Api, *, namespace: str) -> list[dict[str, Any]]:
    """Return all objects of the namespace with a Pod template."""
    return [item for kind in _WORKLOADS for item in api.list(*kind, namespace=namespace)]


def violations(api: Api, *, namespace: str) -> list[str]:
    """Return the API server's objections to the namespace's workloads, by kind and name; empty if there are none.

    A namespace that does not enforce the restricted standard is the first violation. Limits and quotas count too: each
    Pod is created by a server-side dry run.
    """
    found: list[str] = []
    labels = (api.read("v1", "Namespace", namespace) or {"metadata": {}})["metadata"].get("labels", {})
    if labels.get(_ENFORCE) != "restricted":
        found.append(f"Namespace {namespace}: {_ENFORCE} is {labels.get(_ENFORCE)}, not restricted")
    # A Pod is rejected until the controller has created its ServiceAccount.
    wait_for(lambda: api.read("v1", "ServiceAccount", "default", namespace=namespace) is not None)
    for workload in workloads(api, namespace=namespace):
        try:
            api.create(_pod(workload), dry_run=True)
        except ApiError as error:
            found.append(f"{workload['kind']} {workload['metadata']['name']}: {error}")
    return found


def _pod(workload: dict[str, Any]) -> dict[str, Any]:
    spec = workload["spec"]["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else workload["spec"]
    template = spec["template"]
    own = {name: value for name, value in template["metadata"].items() if name in ("labels", "annotations")}
    metadata = {**own, "generateName": "try-", "namespace": workload["metadata"]["namespace"]}
    volumes = [*template["spec"].get("volumes", []), *map(_claimed, spec.get("volumeClaimTemplates", []))]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**template["spec"], "volumes": volumes}}


def _claimed(claim: dict[str, Any]) -> dict[str, Any]:
    """Return the volume that the StatefulSet controller adds to each Pod for a claim."""
    name = claim["metadata"]["name"]
    return {"name": name, "persistentVolumeClaim": {"claimName": name}}
