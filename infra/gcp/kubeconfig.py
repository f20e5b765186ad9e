"""The kubeconfig of the GKE cluster, for the Kubernetes provider: credentials come from gke-gcloud-auth-plugin."""

import json

from pulumi import Output

_PLUGIN = "gke-gcloud-auth-plugin"


def kubeconfig(context: str, server: Output[str], authority: Output[str | None]) -> Output[str]:
    """A kubeconfig without a secret in it: the plugin asks gcloud for a token each time."""
    return Output.all(server, authority).apply(lambda found: json.dumps(_kubeconfig(context, found[0], found[1])))


def _kubeconfig(context: str, server: str, authority: str | None) -> dict[str, object]:
    cluster = {"server": server, **({"certificate-authority-data": authority} if authority else {})}
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": _PLUGIN,
        "provideClusterInfo": True,
        "interactiveMode": "Never",
        "installHint": f"gcloud components install {_PLUGIN}",
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": context, "user": {"exec": login}}],
    }
