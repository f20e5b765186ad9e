"""Runs pytest as a Job in a cluster, where the brokers' names resolve: `python -m tests.in_cluster IMAGE [ARGUMENT …]`.

The Job's pod is the toolbox's, with its variables, but with the image of the tests (tests/Dockerfile) and administrator
rights (tests/cluster_test_accounts.py). Shows its output and exits with its status.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.cluster.target import kubectl_context
from sluice.cluster.toolbox_pod import NAMESPACE, POD
from tests.cluster_test_accounts import JOB, MADE_BY, SERVICE_ACCOUNT, administrator_accounts, variables
from tests.job_log import follow
from tests.kubectl import Kubectl

DEADLINE_SECONDS = 3600
"""Longest duration of the tests; the Job's activeDeadlineSeconds."""
_START_SECONDS = 300


def job_like(deployment: dict[str, Any], *, image: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Return a Job with the deployment's pod, except for image, command and ServiceAccount."""
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    container = {**container, "image": image, "command": ["python", "-m", "pytest", *arguments]}
    # Only /tmp is writable.
    container["env"] = [*container.get("env", []), {"name": "HOME", "value": "/tmp"}, *variables()]
    spec = {
        **template["spec"],
        "containers": [container],
        "restartPolicy": "Never",
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": True,
    }
    # The same labels: network policies let the toolbox reach the brokers and stores.
    metadata = {"labels": template["metadata"]["labels"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": JOB, "labels": {**metadata["labels"], **MADE_BY}},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "template": {"metadata": metadata, "spec": spec},
        },
    }


def main(image: str, arguments: Sequence[str], *, target: str = "kind") -> int:
    """Run pytest with these arguments and return its exit status."""
    kubectl = Kubectl(context=kubectl_context(target), namespace=NAMESPACE)
    deployment = json.loads(kubectl.run_checked("get", POD, "--output", "json"))
    with administrator_accounts(kubectl):
        kubectl.run_checked("delete", "job", JOB, "--ignore-not-found")
        kubectl.send("create", job_like(deployment, image=image, arguments=arguments))
        return follow(kubectl, JOB, start_seconds=_START_SECONDS, end_seconds=DEADLINE_SECONDS)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except SluiceError as error:
        sys.stderr.write(f"in_cluster: {error}\n")
        sys.exit(error.status)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
