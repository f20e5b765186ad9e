"""Targets that are clusters (kind, gke, context:NAME) and the kubectl context of each."""

import subprocess
from pathlib import Path

from producer.runtime.exit_status import Exit, SluiceError

_KIND, _GKE = "kind", "gke"
_PREFIX = "context:"
_ROOT = Path(__file__).resolve().parents[2]


def is_cluster(target: str) -> bool:
    """Whether a --target is a cluster."""
    return target in (_KIND, _GKE) or (target.startswith(_PREFIX) and target != _PREFIX)


def kubectl_context(target: str) -> str:
    """Return the kubectl context of a cluster target; raises SluiceError if Pulumi does not know that of gke."""
    if target == _KIND:
        return "kind-sluice"
    return _gke_context() if target == _GKE else target.removeprefix(_PREFIX)


def _gke_context() -> str:
    command = ["pulumi", "stack", "output", "context", "--stack", _GKE]
    try:
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        why = "pulumi is not on the PATH"
    else:
        if not done.returncode:
            return done.stdout.strip()
        why = done.stderr.strip()
    raise SluiceError(
        f"the kubectl context of the stack gke is unknown: {why}. Create it with pulumi up -s gke, or name its "
        "context: --target context:NAME (kubectl config get-contexts)",
        status=Exit.UNAVAILABLE,
    )
