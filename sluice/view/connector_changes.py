"""Changes of a connector's state: pause, resume, restart what has failed."""

import json
import re
import shlex
from collections.abc import Sequence
from enum import StrEnum

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view.connect_requests import ask_about_connector

_STRIMZI_WORKER = re.compile(r"[^.]+\.[^.]+\.([^.:]+)\.svc(?:\.[^:]+)?:\d+")
"""A worker of Strimzi's is named by its pod's DNS name."""


class Change(StrEnum):
    """What can be changed of a connector."""

    PAUSE = "pause"
    RESUME = "resume"
    RESTART = "restart"


_REQUESTS = {
    Change.PAUSE: ("PUT", "/pause"),
    Change.RESUME: ("PUT", "/resume"),
    Change.RESTART: ("POST", "/restart?includeTasks=true&onlyFailed=true"),
}
_STRIMZI_STATES = {Change.PAUSE: "paused", Change.RESUME: "running"}


def change_connector(workers: Sequence[RestEndpoint], name: str, change: Change) -> None:
    """Ask Connect to change a connector, which it does soon after.

    Raises SluiceError with USAGE, and the command that does it, where Strimzi would undo the change; else raises as
    ask_about_connector() does.
    """
    if change in _STRIMZI_STATES:
        status = ask_about_connector(workers, "GET", name, "/status")
        worker = str(status["connector"]["worker_id"]) if isinstance(status, dict) else ""
        if command := strimzi_command(worker, name, change):
            raise SluiceError(
                f"Strimzi keeps {name} in the state that its KafkaConnector says, and would undo this within minutes. "
                f"Say it there: {command}",
                status=Exit.USAGE,
            )
    method, path = _REQUESTS[change]
    ask_about_connector(workers, method, name, path)


def strimzi_command(worker: str, name: str, change: Change) -> str | None:
    """Return the command that pauses or resumes a connector on a cluster; None where Strimzi does not run `worker`.

    Strimzi compares the connector's state with `spec.state` of its KafkaConnector (by default running) every 2 minutes.
    """
    found = _STRIMZI_WORKER.fullmatch(worker)
    if found is None:
        return None
    patch = json.dumps({"spec": {"state": _STRIMZI_STATES[change]}}, separators=(",", ":"))
    command = ["kubectl", "--namespace", found[1], "patch", "kafkaconnector", name, "--type", "merge", "--patch", patch]
    return shlex.join(command)
