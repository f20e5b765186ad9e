"""The toolbox pod, in which a user's commands run, by `kubectl exec`.

A port-forward does not work: Kafka sends its clients to the names that its brokers have inside the cluster.
"""

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Self

from producer.runtime.exit_status import Exit, SluiceError
from producer.shared.output_files import replacing
from sluice.cluster.kubectl_exec import (
    CommandOutput,
    ConnectionBrokenError,
    StdinThread,
    WriteStdin,
    command_exit,
    error_reason,
    piped_command,
    terminal_command,
)

POD = "deployment/toolbox"
CONTAINER = "toolbox"
_LABEL = "app.kubernetes.io/name=toolbox"
NAMESPACE = "sluice"
_CALL_SECONDS = 30
"""Timeout of a short call: a dead node does not answer at all."""
_POLL_SECONDS = 2.0


class StillInPodError(SluiceError):
    """A file that a command wrote could not be fetched; it stays in the pod."""


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """The toolbox pod of the pipeline in a namespace of the cluster of a kubectl context."""

    context: str
    namespace: str = NAMESPACE
    folder: str = field(default_factory=lambda: f"/tmp/sluice-{uuid.uuid4().hex}")  # noqa: S108 in the pod, by uuid
    """Folder in the pod for the files of one command."""
    pod: str = POD
    """Where commands run: in any pod of the Deployment, or in the one that `in_one_pod` has chosen."""

    def check(self) -> None:
        """Raise SluiceError if there is no kubectl, no cluster or no pipeline in it, or if no toolbox pod is ready."""
        if shutil.which("kubectl") is None:
            raise SluiceError("kubectl is needed to reach a cluster, and is not on the PATH", status=Exit.UNAVAILABLE)
        done = self.kubectl("get", POD, "--output", "jsonpath={.status.readyReplicas}")
        if done.returncode:
            raise SluiceError(
                f"there is no pipeline in the namespace {self.namespace} of the context {self.context}: "
                f"{kubectl_error(done.stderr)}. Make one (pulumi up), or name another context: "
                "kubectl config get-contexts",
                status=Exit.UNAVAILABLE,
            )
        if not done.stdout.strip():
            raise SluiceError(
                f"the pipeline in the namespace {self.namespace} of the context {self.context} does not run: no pod of "
                f"{POD} is ready (sluice --target … status says why). One that was just made takes a minute; on Google "
                "Cloud the guard may have stopped the nodes, and scripts/wake brings them back",
                status=Exit.UNAVAILABLE,
            )

    def in_one_pod(self) -> Self:
        """Return this toolbox, all of whose commands run in the same pod; raises SluiceError if none is ready."""
        done = self.kubectl("get", "pods", "--selector", _LABEL, "--output", "json")
        pods: list[Any] = json.loads(done.stdout)["items"] if not done.returncode else []
        ready = sorted(pod["metadata"]["name"] for pod in pods if _is_ready(pod))
        if not ready:
            raise SluiceError(
                f"no pod of {POD} is ready: {kubectl_error(done.stderr) or 'it may be about to be replaced'}. "
                "`sluice --target … status` shows the cluster's problems; then run the command again",
                status=Exit.UNAVAILABLE,
            )
        return replace(self, pod=f"pod/{ready[0]}")

    def runs(self) -> bool | None:
        """Whether the pod that `in_one_pod` has chosen still runs; None if the cluster does not answer."""
        done = self.kubectl("get", self.pod, "--output", "json")
        if done.returncode:
            return False if b"NotFound" in done.stderr else None
        return _is_ready(json.loads(done.stdout))

    def gone_error(self) -> SluiceError:
        """Return the error of a command whose pod has gone."""
        return SluiceError(
            f"{self.pod}, in which the command ran, is gone: it was replaced. Run the command again",
            status=Exit.UNAVAILABLE,
        )

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str],
        write_stdin: WriteStdin | None,
        stdout: IO[bytes],
        local_paths: Mapping[str, str],
    ) -> Exit:
        """Run `sluice ARGUMENTS` in the pod with `variables` in its environment; return its exit status.

        `write_stdin` writes its standard input; if it raises an exception, the command is ended and the exception is
        raised here. In the output, the keys of `local_paths` (paths in the pod) are replaced by their values (paths on
        this machine). On Ctrl-C the command gets SIGINT, and the rest of its output is still shown.

        Raises ConnectionBrokenError if the connection breaks before the command has ended, and SluiceError for a
        command that was killed.
        """
        assignments = [f"{name}={value}" for name, value in variables.items()]
        mark = f"{uuid.uuid4().hex} "
        command = piped_command(
            ["env", *assignments, "sluice", "--target", "external", *arguments], folder=self.folder, mark=mark
        )
        with self._start(command, stdin=write_stdin is not None) as process:
            output = CommandOutput(process=process, mark=mark, stdout=stdout, local_paths=local_paths)
            feeder = StdinThread(write_stdin, process.stdin, failed=lambda: self._end(process))
            interrupted = self._pump(process, output)
            output.wait_for_errors()
        if feeder.error and not interrupted:
            raise feeder.error
        try:
            return command_exit(process.returncode, errors=output.errors, output_shown=output.shown)
        except ConnectionBrokenError:
            if interrupted:
                return Exit.INTERRUPTED
            raise

    def _pump(self, process: "subprocess.Popen[bytes]", output: CommandOutput) -> bool:
        interrupted = False
        while True:
            try:
                output.show()
                process.wait()
            except KeyboardInterrupt:
                interrupted = True
                self._end(process)
            except BrokenPipeError:  # `| head`: nobody reads the output any more
                output.discard()
                self._end(process)
                output.wait_for_errors()
                raise
            else:
                return interrupted

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """Send SIGINT to the command; if the pod cannot be reached, end kubectl."""
        if self._call("sh", "-c", f"kill -INT $(cat {self.folder}.pid)").returncode:
            process.terminate()

    def interactive(self, arguments: Sequence[str]) -> Exit:
        """Run `sluice ARGUMENTS` in the pod on this terminal; return its exit status. Raises as `run` does."""
        command = terminal_command(["sluice", "--target", "external", *arguments])
        done = subprocess.run(self._exec(*command, options=["--stdin", "--tty"]), stderr=subprocess.PIPE, check=False)
        return command_exit(
            done.returncode, errors=done.stderr.decode(errors="replace").splitlines(), output_shown=False
        )

    def wait_until_reachable(self, *, seconds: float) -> None:
        """Wait until a command can be run in a pod again; raises SluiceError after `seconds`."""
        deadline = time.monotonic() + seconds
        while (done := self._call("true")).returncode:
            if time.monotonic() > deadline:
                raise SluiceError(
                    f"for {seconds:.0f} s no pod of {POD} could be reached: {kubectl_error(done.stderr)}. "
                    "`sluice --target … status` shows the cluster's problems; then run the command again",
                    status=Exit.UNAVAILABLE,
                )
            time.sleep(_POLL_SECONDS)

    def end_earlier_run(self) -> None:
        """Send SIGINT to a command that a broken connection may have left running, and remove its files.

        It would write into the folder of the next run.
        """
        pid, runs = f"{self.folder}.pid", 'kill -0 "$pid" 2>/dev/null'
        wait = f"n=0; while {runs} && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done"
        script = f'pid=$(cat {pid}) && kill -INT "$pid" && {{ {wait}; }}; rm -rf {self.folder} {pid}'
        self._call("sh", "-c", script)

    def files(self) -> list[str]:
        """List the files that the command wrote; raises StillInPodError if the pod does not answer."""
        done = self._call("ls", self.folder)
        if done.returncode:
            raise self._fetch_error("", done.stderr)
        return done.stdout.decode().splitlines()

    def fetch(self, name: str, path: Path) -> None:
        """Copy a file of this command's folder to `path`; raises StillInPodError if that fails."""
        try:
            with replacing(path) as file:
                command = self._exec("cat", f"{self.folder}/{name}")
                done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, check=False)
                if done.returncode:
                    raise self._fetch_error(name, done.stderr)
        except OSError as error:
            raise StillInPodError(
                f"{path} cannot be written: {error.strerror}. {self._where(name)}", status=Exit.FAILED
            ) from error

    def _fetch_error(self, name: str, errors: bytes) -> StillInPodError:
        why = kubectl_error(errors) or "the connection has ended"
        return StillInPodError(
            f"what the command has written could not be fetched: {why}. {self._where(name)}",
            status=Exit.UNAVAILABLE,
        )

    def _where(self, name: str) -> str:
        command = " ".join(self._exec("cat" if name else "ls", f"{self.folder}/{name}"))
        return f"It stays in the pod until that ends: {command}"

    def clean(self) -> None:
        """Remove this command's folder."""
        self._call("rm", "-rf", self.folder, f"{self.folder}.pid")

    def kubectl(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        """Run kubectl with these arguments in the pipeline's namespace; it is ended after _CALL_SECONDS."""
        return _run_bounded([*self._kubectl(), *arguments])

    def forward(self, port: int) -> "subprocess.Popen[bytes]":
        """Start to forward a port of 127.0.0.1 to the same of the pod; what kubectl says is its standard output."""
        return subprocess.Popen(
            [*self._kubectl(), "port-forward", "--address", "127.0.0.1", self.pod, f"{port}:{port}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # without Ctrl-C: the command in the pod is ended first
        )

    def _start(self, command: Sequence[str], *, stdin: bool) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._exec(*command, options=["--stdin"] if stdin else []),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Without Ctrl-C, which _pump passes on: kubectl would end at once and leave the command running in the pod.
            start_new_session=True,
        )

    def _call(self, *command: str) -> "subprocess.CompletedProcess[bytes]":
        return _run_bounded(self._exec(*command))

    def _exec(self, *command: str, options: Sequence[str] = ()) -> list[str]:
        return [*self._kubectl(), "exec", "--quiet", *options, self.pod, "--container", CONTAINER, "--", *command]

    def _kubectl(self) -> list[str]:
        return ["kubectl", "--context", self.context, "--namespace", self.namespace]


def kubectl_error(errors: bytes) -> str:
    """Return the reason in kubectl's standard error."""
    return error_reason(errors.decode(errors="replace").splitlines())


def _is_ready(pod: Any) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    ready = any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _run_bounded(command: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
    # In a session of its own: calls that clean up after Ctrl-C must not be ended by it.
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            out, errors = process.communicate(timeout=_CALL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            errors += f"error: it does not answer within {_CALL_SECONDS} s".encode()
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, errors)
