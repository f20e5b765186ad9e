"""The pod in which a person's commands run, reached by kubectl.

A port-forward would not do: Kafka tells its clients the names that its brokers have inside the cluster.
"""

import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from exits import Exit, SluiceError
from producer.outputs import replacing

POD = "deployment/toolbox"
NAMESPACE = "sluice"
_KIND, _GKE = "kind", "gke"
_PREFIX = "context:"
_ROOT = Path(__file__).resolve().parents[1]
_REMEMBERED = 'mkdir -p "$0" && echo $$ > "$0.pid" && cd "$0" && exec "$@"'
"""Run a command under a process id that a second call can find, to end it as Ctrl-C would."""

Feed = Callable[[IO[bytes]], None]
"""Writes what a command is to read from its standard input."""


def is_cluster(target: str) -> bool:
    """Say whether a --target names a cluster."""
    return target in (_KIND, _GKE) or (target.startswith(_PREFIX) and target != _PREFIX)


def context_of(target: str) -> str:
    """The kubectl context of a --target that is a cluster; raises SluiceError where Pulumi cannot say gke's."""
    if target == _KIND:
        return "kind-sluice"
    return _gke() if target == _GKE else target.removeprefix(_PREFIX)


def _gke() -> str:
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
        f"where the stack gke is cannot be told: {why}. Make it with pulumi up -s gke, or name its context yourself: "
        "--target context:NAME (kubectl config get-contexts)",
        status=Exit.UNAVAILABLE,
    )


class StillInPodError(SluiceError):
    """What a command has written could not be brought here; it stays in the pod."""


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """The toolbox of the pipeline in `namespace` of the cluster that kubectl calls `context`."""

    context: str
    namespace: str = NAMESPACE
    folder: str = field(default_factory=lambda: f"/tmp/sluice-{uuid.uuid4().hex}")  # noqa: S108 in the pod, by uuid
    """A folder in the pod for the files of one command."""

    def check(self) -> None:
        """Raise SluiceError where there is no kubectl, no cluster, no pipeline in it, or none that runs."""
        if shutil.which("kubectl") is None:
            raise SluiceError("kubectl is needed to reach a cluster, and is not on the PATH", status=Exit.UNAVAILABLE)
        done = self.kubectl("get", POD, "--output", "jsonpath={.status.readyReplicas}")
        if done.returncode:
            raise SluiceError(
                f"there is no pipeline in the namespace {self.namespace} of the context {self.context}: "
                f"{done.stderr.decode().strip()}. Make one (pulumi up), or name another context: "
                "kubectl config get-contexts",
                status=Exit.UNAVAILABLE,
            )
        if not done.stdout.strip():
            raise SluiceError(
                f"the pipeline in the namespace {self.namespace} of the context {self.context} does not run: no pod of "
                f"{POD} is ready (kubectl get pods says why). One that was just made takes a minute; on Google Cloud "
                "the guard may have stopped the nodes, and scripts/wake brings them back",
                status=Exit.UNAVAILABLE,
            )

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str],
        feed: Feed | None,
        stdout: IO[bytes],
        shown: Mapping[str, str],
    ) -> int:
        """Run `sluice ARGUMENTS` in the pod; its exit status.

        `feed` writes its standard input; what it raises ends the command and is raised here. In what is printed,
        the keys of `shown` (paths in the pod) are replaced by their values. On Ctrl-C the command is ended as
        Ctrl-C would end it here, and its last words are still shown.
        """
        given = [f"{name}={value}" for name, value in variables.items()]
        command = ["sh", "-c", _REMEMBERED, self.folder, "env", *given, "sluice", "--target", "external", *arguments]
        with self._start(command, stdin=feed is not None) as process:
            feeder = _Feeder(feed, process.stdin, failed=self._interrupt)
            interrupted = self._pump(process, stdout, shown)
        if feeder.error and not interrupted:
            raise feeder.error
        return process.returncode

    def _pump(self, process: "subprocess.Popen[bytes]", stdout: IO[bytes], shown: Mapping[str, str]) -> bool:
        interrupted = False
        while True:
            try:
                _show(cast(IO[bytes], process.stdout), stdout, shown)
                process.wait()
            except KeyboardInterrupt:
                interrupted = True
                self._interrupt()
            except BrokenPipeError:  # `| head`: nobody reads what the command has to say
                self._interrupt()
                raise
            else:
                return interrupted

    def _interrupt(self) -> None:
        self._call("sh", "-c", f"kill -INT $(cat {self.folder}.pid)")

    def interactive(self, arguments: Sequence[str]) -> int:
        """Run `sluice ARGUMENTS` in the pod on this terminal; its exit status."""
        tty = ["--stdin", "--tty"]
        return subprocess.run(
            self._exec("sluice", "--target", "external", *arguments, options=tty), check=False
        ).returncode

    def files(self) -> list[str]:
        """The files that the command has written; raises StillInPodError where the pod cannot be asked."""
        done = self._call("ls", self.folder)
        if done.returncode:
            raise self._still_there("", done.stderr)
        return done.stdout.decode().splitlines()

    def fetch(self, name: str, path: Path) -> None:
        """Copy a file of this command's folder to `path`; raises StillInPodError, or SluiceError for `path`."""
        try:
            with replacing(path) as file:
                command = self._exec("cat", f"{self.folder}/{name}")
                done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, check=False)
                if done.returncode:
                    raise self._still_there(name, done.stderr)
        except OSError as error:
            raise StillInPodError(
                f"{path} cannot be written: {error.strerror}. {self._where(name)}", status=Exit.FAILED
            ) from error

    def _still_there(self, name: str, said: bytes) -> StillInPodError:
        why = said.decode(errors="replace").strip() or "the connection has ended"
        return StillInPodError(
            f"what the command has written could not be brought here: {why}. {self._where(name)}",
            status=Exit.UNAVAILABLE,
        )

    def _where(self, name: str) -> str:
        command = " ".join(self._exec("cat" if name else "ls", f"{self.folder}/{name}"))
        return f"It stays in the pod until that ends: {command}"

    def clean(self) -> None:
        """Remove this command's folder."""
        self._call("rm", "-rf", self.folder, f"{self.folder}.pid")

    def kubectl(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        """Run kubectl on the pipeline's namespace."""
        return subprocess.run([*self._kubectl(), *arguments], capture_output=True, check=False)

    def _start(self, command: Sequence[str], *, stdin: bool) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._exec(*command, options=["--stdin"] if stdin else []),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # Ctrl-C is ours to pass on: kubectl would end at once, and leave the command running in the pod.
            start_new_session=True,
        )

    def _call(self, *command: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(self._exec(*command), capture_output=True, check=False)

    def _exec(self, *command: str, options: Sequence[str] = ()) -> list[str]:
        return [*self._kubectl(), "exec", *options, POD, "--", *command]

    def _kubectl(self) -> list[str]:
        return ["kubectl", "--context", self.context, "--namespace", self.namespace]


class _Feeder:
    """Writes a command's standard input in a thread of its own."""

    def __init__(self, feed: Feed | None, sink: IO[bytes] | None, *, failed: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        self._failed = failed
        if feed and sink:
            threading.Thread(target=self._run, args=(feed, sink), daemon=True).start()

    def _run(self, feed: Feed, sink: IO[bytes]) -> None:
        try:
            feed(sink)
        except BrokenPipeError:
            return  # the command has ended before it read everything, and has said why
        except BaseException as error:
            self.error = error
            # Before its input ends: an end would look like the source's own.
            self._failed()
        with suppress(BrokenPipeError):
            sink.close()


def _show(source: IO[bytes], sink: IO[bytes], shown: Mapping[str, str]) -> None:
    for line in source:
        data = line
        for path, here in shown.items():
            data = data.replace(path.encode(), here.encode())
        sink.write(data)
        sink.flush()
