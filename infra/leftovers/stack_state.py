"""Pulumi's state of a stack, read and changed by the `pulumi` command."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from infra.settings.declared_settings import ROOT
from producer.runtime.exit_status import Exit, SluiceError

GKE_CLUSTER = "gcp:container/cluster:Cluster"
CLAIMS = "pulumi-python:dynamic/sluice:Claims"
"""The resource of infra/gcp/claims.py."""
PROVIDER = "pulumi:providers:kubernetes"

StateResource = Mapping[str, Any]
"""A resource as in `pulumi stack export`."""


@dataclass(frozen=True, kw_only=True)
class StackState:
    """The state of a stack."""

    stack: str
    env: Mapping[str, str]
    resources: Sequence[StateResource]

    @classmethod
    def read(cls, stack: str, *, env: Mapping[str, str]) -> Self:
        """Read the stack's state, secrets encrypted; raises SluiceError."""
        if shutil.which("pulumi", path=env.get("PATH", "")) is None:
            raise SluiceError(
                "pulumi is needed to change the stack's state, and is not on the PATH: "
                "https://www.pulumi.com/docs/install",
                status=Exit.UNAVAILABLE,
            )
        text = _run(["stack", "export"], f"the state of the stack {stack} cannot be read", stack=stack, env=env)
        try:
            deployment = json.loads(text).get("deployment") or {}
        except (ValueError, AttributeError, RecursionError):
            raise SluiceError(f"the state of the stack {stack} cannot be read: it is no JSON object") from None
        return cls(stack=stack, env=env, resources=deployment.get("resources") or [])

    def of_type(self, *types: str) -> list[StateResource]:
        """Return the resources of these types, in the state's order."""
        return [entry for entry in self.resources if entry["type"] in types]

    def remove(self, resources: Sequence[StateResource]) -> None:
        """Remove resources and all that depends on them from the state; raises SluiceError, and removes nothing."""
        _run(
            # --force: a cluster that does not exist need not be protected.
            ["state", "delete", "--target-dependents", "--force", "--yes", *(entry["urn"] for entry in resources)],
            f"the state of the stack {self.stack} could not be changed",
            stack=self.stack,
            env=self.env,
        )


def _run(arguments: Sequence[str], failed: str, *, stack: str, env: Mapping[str, str]) -> str:
    command = ["pulumi", "--cwd", str(ROOT), *arguments, "--stack", stack, "--non-interactive", "--color", "never"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(env))
    if done.returncode:
        raise SluiceError(f"{failed}: {(done.stderr or done.stdout).strip()}", status=Exit.UNAVAILABLE)
    return done.stdout
