"""A sink connector of a benchmark, through Connect's REST interface."""

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


def settings_of(name: str) -> dict[str, str]:
    """What k8s/ says of a connector."""
    return dict(next(entry for entry in PipelineSpec.read().connectors if entry.name == name).config)


class Sink:
    """One connector by its name. What Connect refuses is an AssertionError with its answer."""

    def __init__(self, instance: Instance, name: str) -> None:
        self._instance = instance
        self._group = f"connect-{name}"
        self._base = f"http://127.0.0.1:{instance.port('connect')}/connectors/{name}"

    def apply(self, config: Mapping[str, str]) -> None:
        """Make the connector, or give it other settings."""
        self._ask("PUT", "/config", dict(config))

    def stop(self) -> None:
        """End its tasks; it keeps its settings and its offsets."""
        self._ask("PUT", "/stop")
        wait_for(lambda: self.state() == "STOPPED" and not self.tasks())

    def resume(self) -> None:
        """Start its tasks."""
        self._ask("PUT", "/resume")

    def restart_failed(self) -> None:
        """Start again what has failed."""
        self._ask("POST", "/restart?includeTasks=true&onlyFailed=true")

    def forget_offsets(self) -> None:
        """Have a stopped connector begin at the beginning. Connect itself has no right to delete its groups."""
        admin = admin_client(self._instance)
        wait_for(lambda: self._forgotten(admin))

    def _forgotten(self, admin: AdminClient) -> bool:
        error = admin.delete_consumer_groups([self._group])[self._group].exception(30)
        code = error.args[0].code() if isinstance(error, KafkaException) else None
        assert error is None or code in (KafkaError.NON_EMPTY_GROUP, KafkaError.GROUP_ID_NOT_FOUND), error
        return code != KafkaError.NON_EMPTY_GROUP

    def delete(self) -> None:
        """Remove the connector."""
        self._ask("DELETE", "")

    def state(self) -> str:
        """The connector's own state."""
        return str(self._status()["connector"]["state"])

    def tasks(self) -> list[Any]:
        """Its tasks: id, state, worker_id and, where one failed, its trace."""
        return list(self._status()["tasks"])

    def wait_for_tasks(self, number: int) -> None:
        """Wait until so many tasks run."""
        wait_for(lambda: [task["state"] for task in self.tasks()] == ["RUNNING"] * number)

    def _status(self) -> Any:
        code, answer = request("GET", f"{self._base}/status")
        # Not there yet: it has been asked for, and the worker that serves has not read of it.
        return answer if code == HTTPStatus.OK else {"connector": {"state": "UNKNOWN"}, "tasks": []}

    def _ask(self, method: str, path: str, body: object = None) -> None:
        answers: list[Any] = []

        def accepted() -> bool:
            code, answer = request(method, f"{self._base}{path}", body)
            answers[:] = [code, answer]
            # 409: the workers are just then dealing out their tasks anew.
            return code != HTTPStatus.CONFLICT

        wait_for(accepted)
        assert answers[0] < HTTPStatus.BAD_REQUEST, answers
