"""A machine whose docker, kind, kubectl and pulumi are fakes that record their calls."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.settings.declared_settings import ROOT

SCRIPTS = ("scripts/kind-up", "scripts/kind-down")
FAKES = {
    "docker": """
case "$*" in
  "info --format"*) echo "8 16000000000" ;;
  *" crictl info") [ ! -e "$THERE/no-runtime" ] || { echo "connect: no such file or directory" >&2; exit 1; } ;;
  "exec "*) grep -qx "$6" "$THERE/loaded" ;;
  "image inspect "*) grep -qx "$3" "$THERE/built" ;;
  "build "*) echo "$3" >>"$THERE/built" ;;
  "inspect "*) cat "$THERE/mounted" ;;
esac
""",
    "kind": """
case "$*" in
  "get clusters") cat "$THERE/clusters" ;;
  "create cluster "*)
    echo sluice >"$THERE/clusters"
    cat >"$THERE/kind.yaml"
    sed -n 's/.*hostPath: "\\(.*\\)"/\\1/p' "$THERE/kind.yaml" >"$THERE/mounted"
    ;;
  "delete cluster "*) : >"$THERE/clusters" ;;
  "load docker-image "*) echo "$3" >>"$THERE/loaded" ;;
esac
""",
    "kubectl": """
case "$*" in
  *"get --raw /readyz"* | *" wait "*)
    left=$(cat "$THERE/forbidden" 2>/dev/null || echo 0)
    if [ "$left" -gt 0 ]; then
      echo $((left - 1)) >"$THERE/forbidden"
      echo 'Error from server (Forbidden): nodes is forbidden: User "kubernetes-admin" cannot list resource' >&2
      exit 1
    fi
    if [ -e "$THERE/not-ready" ]; then
      echo "error: timed out waiting for the condition on nodes/sluice-control-plane" >&2
      exit 1
    fi
    ;;
  *"get pods,events"*) cat "$THERE/pods" 2>/dev/null ;;
esac
""",
    "pulumi": """
case "$*" in
  "--cwd "*"stack select"*)
    grep -q ^encryptionsalt "$2/Pulumi.kind.yaml" || echo "encryptionsalt: v1:x" >>"$2/Pulumi.kind.yaml"
    ;;
esac
case "$*" in "up "*) if [ -e "$THERE/up" ]; then . "$THERE/up"; fi ;; esac
echo "$PULUMI_BACKEND_URL $PULUMI_CONFIG_PASSPHRASE_FILE" >>"$THERE/pulumi-env"
""",
}


class Machine:
    """A folder with the fakes on its PATH, a checkout of the scripts, and the recorded calls."""

    def __init__(self, folder: Path) -> None:
        self.there = folder / "there"
        self.bin = folder / "bin"
        self.state = folder / "state/sluice/kind"
        self.data = folder / "data"
        for made in (self.there, self.bin, self.data):
            made.mkdir()
        for name in ("clusters", "built", "loaded", "mounted"):
            (self.there / name).touch()
        for name, text in FAKES.items():
            self.install(name, text)
        self.checkout = folder / "checkout"
        self._make_checkout()

    def _make_checkout(self) -> None:
        """What the scripts need of the checkout. Its setup would make anew the very environment that runs this."""
        for name in (*SCRIPTS, "k8s/kind.yaml", "Pulumi.yaml", "Pulumi.kind.yaml"):
            path = self.checkout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path)
        self._program(self.checkout / "scripts/setup", 'echo "setup $*" >>"$THERE/calls"')
        self._program(self.checkout / ".venv/bin/python", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" "$@"')

    def _program(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def install(self, name: str, text: str) -> None:
        self._program(self.bin / name, f'echo "{name} $*" >>"$THERE/calls"\n{text}')

    def run(self, script: str, *arguments: str, seconds: float = 60) -> "subprocess.CompletedProcess[str]":
        env = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": os.environ.get("HOME", "/"),
            "XDG_STATE_HOME": str(self.state.parents[1]),
            "THERE": str(self.there),
            "SLUICE_KIND_WAIT": f"{seconds:.0f}",
        }
        return subprocess.run(
            [str(self.checkout / "scripts" / script), *arguments],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def up(self, *arguments: str, seconds: float = 60) -> "subprocess.CompletedProcess[str]":
        return self.run("kind-up", "--data", str(self.data), *arguments, seconds=seconds)

    @property
    def calls(self) -> list[str]:
        path = self.there / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def forget_calls(self) -> None:
        (self.there / "calls").unlink()


def calls_of(calls: list[str], start: str) -> list[str]:
    return [call for call in calls if call.startswith(start)]
