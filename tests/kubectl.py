"""kubectl on one namespace of one cluster."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """kubectl with a context and a namespace."""

    context: str
    namespace: str

    def command(self, *arguments: str) -> list[str]:
        """Return the command line."""
        return ["kubectl", "--context", self.context, "--namespace", self.namespace, *arguments]

    def run_checked(self, *arguments: str, stdin: str | None = None) -> str:
        """Return standard output; raises SluiceError with standard error if kubectl fails."""
        done = self.run(*arguments, stdin=stdin)
        if done.returncode:
            words = " ".join(arguments[:3])
            raise SluiceError(f"kubectl {words}: {done.stderr.strip()}", status=Exit.UNAVAILABLE)
        return done.stdout

    def run(self, *arguments: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run kubectl and return the result, also if it fails."""
        return subprocess.run(self.command(*arguments), input=stdin, capture_output=True, text=True, check=False)

    def send(self, verb: str, *objects: dict[str, Any], options: tuple[str, ...] = ()) -> None:
        """Create, apply or delete objects; raises SluiceError."""
        body = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.run_checked(verb, "--filename", "-", *options, stdin=json.dumps(body))
