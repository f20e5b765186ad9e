"""The kubeconfig of the GKE cluster, for the Kubernetes provider; gke-gcloud-auth-plugin gets the credentials.

It gets the application default credentials, as the program does for everything else: by default it gets those of
`gcloud auth login`, which may be another account's, or missing.
"""

import json

from pulumi import Output

_PLUGIN = "gke-gcloud-auth-plugin"


def kubeconfig(context: str, server: Output[str], ca_certificate: Output[str | None]) -> Output[str]:
    """The kubeconfig as JSON. It holds no secret: the plugin gets a token each time."""
    return Output.all(server, ca_certificate).apply(lambda known: json.dumps(_kubeconfig(context, known[0], known[1])))


def _kubeconfig(context: str, server: str, ca_certificate: str | None) -> dict[str, object]:
    cluster = {"server": server, **({"certificate-authority-data": ca_certificate} if ca_certificate else {})}
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": _PLUGIN,
        "args": ["--use_application_default_credentials"],
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
