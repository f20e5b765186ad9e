"""Controls a sink connector through Connect's REST API, for benchmarks."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client
from sluice.local.pipeline_spec import PipelineSpec
from tests.run_sluice import wait_for

MYSQL_SINK = "mysql-sink"


def connector_settings(name: str) -> dict[str, str]:
    """Return the settings of a connector in k8s/."""
    return dict(next(entry for entry in PipelineSpec.read().connectors if entry.name == name).config)


class Sink:
    """A sink connector by name. An error of Connect is an AssertionError with its answer."""

    def __init__(self, instance: Instance, name: str) -> None:
        self._instance = instance
        self._group = f"connect-{name}"
        self._path = f"/connectors/{name}"

    def apply(self, config: Mapping[str, str]) -> None:
        """Create the connector, or change its settings."""
        self._ask("PUT", "/config", dict(config))

    def stop(self) -> None:
        """Stop its tasks; it keeps its settings and offsets."""
        self._ask("PUT", "/stop")
        wait_for(lambda: self.state() == "STOPPED" and not self.tasks())

    def resume(self) -> None:
        """Start its tasks."""
        self._ask("PUT", "/resume")

    def restart_failed(self) -> None:
        """Restart the connector and tasks that have failed."""
        self._ask("POST", "/restart?includeTasks=true&onlyFailed=true")

    def reset_offsets(self) -> None:
        """Have a stopped connector start from the beginning. Connect itself may not delete its consumer groups."""
        admin = admin_client(self._instance)
        wait_for(lambda: self._is_group_deleted(admin))

    def _is_group_deleted(self, admin: AdminClient) -> bool:
        error = admin.delete_consumer_groups([self._group])[self._group].exception(30)
        code = error.args[0].code() if isinstance(error, KafkaException) else None
        assert error is None or code in (KafkaError.NON_EMPTY_GROUP, KafkaError.GROUP_ID_NOT_FOUND), error
        return code != KafkaError.NON_EMPTY_GROUP

    def delete(self) -> None:
        """Remove the connector."""
        self._ask("DELETE", "")

    def state(self) -> str:
        """Return the connector's state."""
        return str(self._status()["connector"]["state"])

    def tasks(self) -> list[Any]:
        """Return its tasks: id, state, worker_id and the trace of a failed one."""
        return list(self._status()["tasks"])

    def wait_for_tasks(self, number: int) -> None:
        """Wait until `number` tasks run."""
        wait_for(lambda: [task["state"] for task in self.tasks()] == ["RUNNING"] * number)

    def _status(self) -> Any:
        code, answer = request("GET", self._instance.connect(0), f"{self._path}/status")
        # Created, but the worker that answers has not read it yet.
        return answer if code == HTTPStatus.OK else {"connector": {"state": "UNKNOWN"}, "tasks": []}

    def _ask(self, method: str, path: str, body: object = None) -> None:
        answers: list[Any] = []

        def accepted() -> bool:
            code, answer = request(method, self._instance.connect(0), f"{self._path}{path}", body)
            answers[:] = [code, answer]
            # 409: the workers are rebalancing.
            return code != HTTPStatus.CONFLICT

        wait_for(accepted)
        assert answers[0] < HTTPStatus.BAD_REQUEST, answers
