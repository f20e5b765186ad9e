"""Administrator operations on connectors, topics and pods of a cluster, from the tests' pod (tests/in_cluster.py).

Changes Strimzi's resources: its operators revert changes made by other ways within two minutes.
"""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes import client, config

from producer.kafka.connection import KafkaUser
from sluice.cluster.toolbox_pod import NAMESPACE
from sluice.local.http_requests import request
from sluice.view.endpoints import Endpoints
from tests.cluster_test_accounts import MADE_BY
from tests.run_sluice import wait_for

_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_GROUP, _VERSION = "kafka.strimzi.io", "v1"
_CONNECTORS, _TOPICS = "kafkaconnectors", "kafkatopics"
_REDIS = "redis-0"
_SECONDS = 180


def in_pod() -> bool:
    """Return whether this process runs in a pod with a ServiceAccount token."""
    return _TOKEN.exists()


def connector(name: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return a KafkaConnector with these settings, without automatic restarts."""
    own = {"connector.class", "tasks.max", "name"}
    return {
        "apiVersion": f"{_GROUP}/{_VERSION}",
        "kind": "KafkaConnector",
        "metadata": {"name": name, "labels": {"strimzi.io/cluster": "sluice", **MADE_BY}},
        "spec": {
            "class": settings["connector.class"],
            "tasksMax": int(settings.get("tasks.max", "1")),
            "config": {key: value for key, value in settings.items() if key not in own},
        },
    }


class KubernetesServers:
    """Servers reached by the cluster's API server."""

    def __init__(self, endpoints: Endpoints, kafka: KafkaUser, *, api: client.ApiClient | None = None) -> None:
        if api is None:
            config.load_incluster_config()
        self._objects = client.CustomObjectsApi(api)
        self._pods = client.CoreV1Api(api)
        self._connect = endpoints.connect[0]
        self._kafka = kafka

    def kafka_user(self) -> KafkaUser:
        return self._kafka

    def create_connector(self, name: str, config: Mapping[str, str]) -> None:
        self._objects.create_namespaced_custom_object(_GROUP, _VERSION, NAMESPACE, _CONNECTORS, connector(name, config))
        wait_for(lambda: self._status(name) == HTTPStatus.OK, seconds=_SECONDS)

    def delete_connector(self, name: str) -> None:
        try:
            self._objects.delete_namespaced_custom_object(_GROUP, _VERSION, NAMESPACE, _CONNECTORS, name)
        except client.ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        wait_for(lambda: self._status(name) == HTTPStatus.NOT_FOUND, seconds=_SECONDS)

    def stop_connector(self, name: str) -> None:
        self._patch(_CONNECTORS, name, {"spec": {"state": "stopped"}})

    def resume_connector(self, name: str) -> None:
        self._patch(_CONNECTORS, name, {"spec": {"state": "running"}})

    def set_topic(self, topic: str, name: str, value: str) -> None:
        self._patch(_TOPICS, topic, {"spec": {"config": {name: int(value) if value.isdigit() else value}}})

    def check_that_redis_can_be_killed(self) -> None:
        """Nothing to check: it can."""

    def kill_redis(self) -> None:
        killed = self._redis_id()
        self._pods.delete_namespaced_pod(_REDIS, NAMESPACE, grace_period_seconds=0)
        wait_for(lambda: self._redis_id() != killed, seconds=_SECONDS)

    def start_redis(self) -> None:
        """Wait until the StatefulSet has recreated the pod."""
        wait_for(self._redis_is_ready, seconds=_SECONDS)

    def _patch(self, plural: str, name: str, change: dict[str, Any]) -> None:
        self._objects.patch_namespaced_custom_object(_GROUP, _VERSION, NAMESPACE, plural, name, change)

    def _status(self, name: str) -> int:
        return request("GET", self._connect, f"/connectors/{name}/status")[0]

    def _redis(self) -> Any:
        try:
            return self._pods.read_namespaced_pod(_REDIS, NAMESPACE)
        except client.ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _redis_id(self) -> str | None:
        pod = self._redis()
        return pod.metadata.uid if pod else None

    def _redis_is_ready(self) -> bool:
        pod = self._redis()
        conditions = (pod.status.conditions or []) if pod else []
        return any(entry.type == "Ready" and entry.status == "True" for entry in conditions)
