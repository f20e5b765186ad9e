"""A small Pulumi program to test the stand-ins: one resource of each kind that the real program has."""

import base64
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
from pulumi import ResourceOptions

CHART = "oci://quay.io/strimzi-helm/strimzi-kafka-operator"


def program() -> None:
    """Settings: namespace, replicas, colour (of the ConfigMap), wrong (a field that Strimzi does not know)."""
    config = pulumi.Config()
    name = config.require("namespace")
    space = kubernetes.core.v1.Namespace(
        "namespace", metadata={"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    )
    inside = ResourceOptions(depends_on=[space])
    operator = kubernetes.helm.v3.Release(
        "strimzi",
        chart=CHART,
        version="1.2.0",
        namespace=name,
        values={"watchAnyNamespace": False},
        opts=inside,
    )
    kubernetes.core.v1.ConfigMap(
        "settings",
        metadata={"name": "settings", "namespace": name},
        data={"colour": config.get("colour") or "blue"},
        opts=inside,
    )
    password = random.RandomPassword("password", length=24, special=False)
    encoded = password.result.apply(lambda text: base64.b64encode(text.encode()).decode())
    secret = kubernetes.core.v1.Secret(
        "login", metadata={"name": "login", "namespace": name}, data={"password": encoded}, opts=inside
    )
    store = _store(name, replicas=config.get_int("replicas") or 1, opts=ResourceOptions(depends_on=[secret]))
    _kafka(name, wrong=config.get_bool("wrong") or False, opts=ResourceOptions(depends_on=[operator]))
    pulumi.export("password", password.result)
    pulumi.export("uid", store.metadata.uid)


def _store(namespace: str, *, replicas: int, opts: ResourceOptions) -> kubernetes.apps.v1.StatefulSet:
    labels = {"app.kubernetes.io/name": "store"}
    container = {
        "name": "store",
        "image": "store:1",
        "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    spec: Any = {
        "serviceName": "store",
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], "securityContext": security}},
        "volumeClaimTemplates": [claim],
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
    }
    return kubernetes.apps.v1.StatefulSet(
        "store", metadata={"name": "store", "namespace": namespace}, spec=spec, opts=opts
    )


def _kafka(namespace: str, *, wrong: bool, opts: ResourceOptions) -> None:
    listener = {"name": "tls", "port": 9093, "type": "internal", "tls": True}
    spec = {"kafka": {"version": "4.3.1", "listeners": [listener], **({"replica": 1} if wrong else {})}}
    kubernetes.apiextensions.CustomResource(
        "kafka",
        api_version="kafka.strimzi.io/v1",
        kind="Kafka",
        metadata={"name": "kafka", "namespace": namespace, "annotations": {"pulumi.com/waitFor": "condition=Ready"}},
        spec=spec,
        opts=opts,
    )
