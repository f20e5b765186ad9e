"""The pod in which a person's commands run, reached by kubectl.

A port-forward would not do: Kafka tells its clients the names that its brokers have inside the cluster.
"""

import shutil
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

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
NAMESPACE = "sluice"
_CALL_SECONDS = 30
"""For one short call: a node that has died does not answer at all."""
_LOOK_SECONDS = 2.0


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

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str],
        feed: WriteStdin | None,
        stdout: IO[bytes],
        shown: Mapping[str, str],
    ) -> Exit:
        """Run `sluice ARGUMENTS` in the pod; its exit status.

        `feed` writes its standard input; what it raises ends the command and is raised here. In what is printed,
        the keys of `shown` (paths in the pod) are replaced by their values. On Ctrl-C the command is ended as
        Ctrl-C would end it here, and its last words are still shown.

        Raises ConnectionBrokenError where the connection breaks before the command has ended, and SluiceError for a
        command that was killed.
        """
        given = [f"{name}={value}" for name, value in variables.items()]
        mark = f"{uuid.uuid4().hex} "
        command = piped_command(
            ["env", *given, "sluice", "--target", "external", *arguments], folder=self.folder, mark=mark
        )
        with self._start(command, stdin=feed is not None) as process:
            output = CommandOutput(process=process, mark=mark, stdout=stdout, paths=shown)
            feeder = StdinThread(feed, process.stdin, failed=lambda: self._end(process))
            interrupted = self._pump(process, output)
            output.errors_read()
        if feeder.error and not interrupted:
            raise feeder.error
        try:
            return command_exit(process.returncode, said=output.said, shown=output.shown)
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
            except BrokenPipeError:  # `| head`: nobody reads what the command has to say
                output.leave()
                self._end(process)
                output.errors_read()
                raise
            else:
                return interrupted

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """End the command as Ctrl-C would; where the pod cannot be reached, end kubectl at least."""
        if self._call("sh", "-c", f"kill -INT $(cat {self.folder}.pid)").returncode:
            process.terminate()

    def interactive(self, arguments: Sequence[str]) -> Exit:
        """Run `sluice ARGUMENTS` in the pod on this terminal; its exit status. Raises as `run` does."""
        command = terminal_command(["sluice", "--target", "external", *arguments])
        done = subprocess.run(self._exec(*command, options=["--stdin", "--tty"]), stderr=subprocess.PIPE, check=False)
        return command_exit(done.returncode, said=done.stderr.decode(errors="replace").splitlines(), shown=False)

    def wait_until_reachable(self, *, seconds: float) -> None:
        """Wait until a command can be run in a pod again; raises SluiceError where `seconds` do not suffice."""
        deadline = time.monotonic() + seconds
        while (done := self._call("true")).returncode:
            if time.monotonic() > deadline:
                raise SluiceError(
                    f"for {seconds:.0f} s no pod of {POD} could be reached: {kubectl_error(done.stderr)}. "
                    "`sluice --target … status` says what the cluster complains of; then run the command again",
                    status=Exit.UNAVAILABLE,
                )
            time.sleep(_LOOK_SECONDS)

    def end_earlier_run(self) -> None:
        """End what a broken connection may have left running, as Ctrl-C would, and remove what it has written.

        It would go on writing into the folder of the run that follows.
        """
        pid, runs = f"{self.folder}.pid", 'kill -0 "$pid" 2>/dev/null'
        wait = f"n=0; while {runs} && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done"
        script = f'pid=$(cat {pid}) && kill -INT "$pid" && {{ {wait}; }}; rm -rf {self.folder} {pid}'
        self._call("sh", "-c", script)

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

    def _still_there(self, name: str, errors: bytes) -> StillInPodError:
        why = kubectl_error(errors) or "the connection has ended"
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
        return _bounded([*self._kubectl(), *arguments])

    def _start(self, command: Sequence[str], *, stdin: bool) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._exec(*command, options=["--stdin"] if stdin else []),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is ours to pass on: kubectl would end at once, and leave the command running in the pod.
            start_new_session=True,
        )

    def _call(self, *command: str) -> "subprocess.CompletedProcess[bytes]":
        return _bounded(self._exec(*command))

    def _exec(self, *command: str, options: Sequence[str] = ()) -> list[str]:
        return [*self._kubectl(), "exec", "--quiet", *options, POD, "--container", CONTAINER, "--", *command]

    def _kubectl(self) -> list[str]:
        return ["kubectl", "--context", self.context, "--namespace", self.namespace]


def kubectl_error(errors: bytes) -> str:
    """What kubectl has said, for a sentence of ours."""
    return error_reason(errors.decode(errors="replace").splitlines())


def _bounded(command: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
    # Away from the terminal's Ctrl-C: what it is needed for after that must not end with it.
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
