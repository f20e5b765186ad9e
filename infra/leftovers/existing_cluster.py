"""Query whether the cluster of a kubeconfig context still answers; nobody can tell for certain that it is gone."""

import shutil
import subprocess
from collections.abc import Mapping

from producer.runtime.exit_status import Exit, SluiceError

_SECONDS = 15
_NO_ANSWER = (
    "Unable to connect to the server",
    "was refused",
    "does not exist",  # the context, or the cluster that it names
    "no context exists",
    "no such host",
    "i/o timeout",
    "no route to host",
)
"""Parts of kubectl's messages where no API server answers, as opposed to one that refuses the caller."""


def no_answer(context: str, *, env: Mapping[str, str]) -> str:
    """Return kubectl's message that no API server answers; raises SluiceError if one does, or it cannot be told."""
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
            f"login: {said}",
            status=Exit.UNAVAILABLE,
        )
    return said.splitlines()[-1]
