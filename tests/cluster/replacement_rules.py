"""Fields of Kubernetes objects whose change needs a replacement, as in the real provider: immutable fields.

The real provider also replaces a ConfigMap or Secret whose data changes, so that Pods that mount it are restarted,
unless its settings `enable_config_map_mutable` or `enable_secret_mutable` are true.
"""

from tests.cluster.provider_stand_in import Values

_ALWAYS = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps/v1", "Deployment"): ("spec.selector",),
    ("apps/v1", "DaemonSet"): ("spec.selector",),
    ("apps/v1", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch/v1", "Job"): ("spec.completions", "spec.selector", "spec.template"),
    ("policy/v1", "PodDisruptionBudget"): ("spec",),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io/v1", "StorageClass"): ("mountOptions", "parameters", "provisioner", "volumeBindingMode"),
    ("v1", "ConfigMap"): ("binaryData", "data"),
    ("v1", "PersistentVolumeClaim"): ("spec",),
    ("v1", "ResourceQuota"): ("spec.scopes",),
    ("v1", "Secret"): ("data", "stringData", "type"),
    ("v1", "Service"): ("spec.clusterIP", "spec.type"),
}
_CONTENT = {"ConfigMap": "enableConfigMapMutable", "Secret": "enableSecretMutable"}


def needs_replacement(inputs: Values, path: str, *, settings: Values) -> bool:
    """Return whether a change of `path` replaces the object; `settings` are the provider's."""
    if _within(path, _ALWAYS):
        return True
    mutable = _CONTENT.get(inputs["kind"])
    if mutable and inputs.get("immutable") is not True and str(settings.get(mutable)).lower() == "true":
        return _within(path, ("type",))
    return _within(path, _FIELDS.get((inputs["apiVersion"], inputs["kind"]), ()))


def _within(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in fields)
