"""Query whether the cluster of a kubeconfig context still answers; nobody can tell for certain that it is gone."""

import shutil
import subprocess
from collections.abc import Mapping

from producer.runtime.exit_status import Exit, SluiceError

_SECONDS = 15
_NO_ANSWER = (
    "was refused",
    "does not exist",  # the context
    "no such host",
    "timeout",
    "deadline exceeded",
    "no route to host",
    "network is unreachable",
)
"""Parts of kubectl's messages where nothing answers. It reports a failed login or a strange certificate otherwise."""


def no_answer(context: str, *, env: Mapping[str, str]) -> str:
    """Return kubectl's message that no API server answers; raises SluiceError if one does, or it cannot be told."""
    if not context:  # kubectl would take the current one
        raise SluiceError("Pulumi's state does not name the context of the cluster; nothing was changed")
    if shutil.which("kubectl", path=env.get("PATH", "")) is None:
        raise SluiceError(
            "kubectl is needed to check that the cluster does not answer, and is not on the PATH: "
            "https://kubernetes.io/docs/tasks/tools",
            status=Exit.UNAVAILABLE,
        )
    command = ["kubectl", "--context", context, "get", "--raw", "/version", f"--request-timeout={_SECONDS}s"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(env))
    if not done.returncode:
        raise SluiceError(
            f"the cluster of the context {context} answers, so it is not gone; nothing was changed. "
            "To remove the pipeline from it: pulumi destroy"
        )
    said = done.stderr.strip()
    if not any(part in said for part in _NO_ANSWER):
        raise SluiceError(
            f"it cannot be told whether the cluster of the context {context} is gone; nothing was changed. Check your "
            f"login. If the cluster is gone for certain: kubectl config delete-context {context}, then run this again. "
            f"kubectl says: {said}",
            status=Exit.UNAVAILABLE,
        )
    return said.splitlines()[-1]
