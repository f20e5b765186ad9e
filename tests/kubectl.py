"""kubectl on one namespace of one cluster."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """Which cluster, by its context, and which namespace."""

    context: str
    namespace: str

    def command(self, *arguments: str) -> list[str]:
        """The command line of a call."""
        return ["kubectl", "--context", self.context, "--namespace", self.namespace, *arguments]

    def say(self, *arguments: str, stdin: str | None = None) -> str:
        """What a call prints; raises SluiceError with what it complained of."""
        done = self.ask(*arguments, stdin=stdin)
        if done.returncode:
            words = " ".join(arguments[:3])
            raise SluiceError(f"kubectl {words}: {done.stderr.strip()}", status=Exit.UNAVAILABLE)
        return done.stdout

    def ask(self, *arguments: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a call to its end, whatever comes of it."""
        return subprocess.run(self.command(*arguments), input=stdin, capture_output=True, text=True, check=False)

    def send(self, verb: str, *objects: dict[str, Any], options: tuple[str, ...] = ()) -> None:
        """Create, apply or delete objects; raises SluiceError."""
        body = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.say(verb, "--filename", "-", *options, stdin=json.dumps(body))
