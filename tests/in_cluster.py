"""Runs pytest in a cluster, where the brokers' names mean something: `python -m tests.in_cluster IMAGE [ARGUMENT …]`.

As a Job like the toolbox's pod, with the toolbox's variables, in the place of its image one that holds the tests
(tests/Dockerfile). Its output is shown, and its exit status is this program's.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from cluster.toolbox import NAMESPACE, POD, context_of

JOB = "tests"
_START_SECONDS = 300
_END_SECONDS = 1800
_TERMINATED = "{.status.containerStatuses[0].state.terminated.exitCode}"
_EXIT_CODE = "jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}"


def job_like(deployment: dict[str, Any], *, image: str, arguments: Sequence[str]) -> dict[str, Any]:
    """A Job whose pod is the deployment's, but for its image and what it runs."""
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    container = {**container, "image": image, "command": ["python", "-m", "pytest", *arguments]}
    # Nothing can be written but /tmp.
    container["env"] = [*container.get("env", []), {"name": "HOME", "value": "/tmp"}]
    spec = {**template["spec"], "containers": [container], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": JOB, "labels": template["metadata"]["labels"]},
        "spec": {"backoffLimit": 0, "template": {"metadata": template["metadata"], "spec": spec}},
    }


def main(image: str, arguments: Sequence[str], *, target: str = "kind") -> int:
    """Run pytest with these arguments; its exit status."""
    kubectl = ["kubectl", "--context", context_of(target), "--namespace", NAMESPACE]
    deployment = json.loads(_said([*kubectl, "get", POD, "--output", "json"]))
    _said([*kubectl, "delete", "job", JOB, "--ignore-not-found"])
    job = job_like(deployment, image=image, arguments=arguments)
    subprocess.run([*kubectl, "create", "--filename", "-"], input=json.dumps(job), text=True, check=True)
    pods = ["--selector", f"job-name={JOB}"]
    follow = ["logs", "--follow", f"--pod-running-timeout={_START_SECONDS}s", f"job/{JOB}"]
    subprocess.run([*kubectl, *follow], check=False, timeout=_END_SECONDS)
    _said([*kubectl, "wait", "pod", *pods, f"--for=jsonpath={_TERMINATED}", "--timeout=60s"])
    code = _said([*kubectl, "get", "pods", *pods, "--output", _EXIT_CODE])
    return int(code) if code else 1


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
