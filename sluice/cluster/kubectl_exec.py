"""A command in a pod by `kubectl exec`: its output, its exit status, and whether the connection broke before its end.

kubectl's exit status is ambiguous: it is 1 for a command that failed and for a connection that broke, and after some
broken connections 0. So a shell around the command moves its exit status into a range that no other program uses, and
marks each line of its standard error. A line without the mark is kubectl's own; it is not shown.
"""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, cast

from producer.runtime.exit_status import Exit, SluiceError

WriteStdin = Callable[[IO[bytes]], None]
"""Writes a command's standard input to a binary stream."""

_MOVED = 64
"""Added to the command's exit status. Those of kubectl and of a container runtime are 0, 1 and from 125 on."""
_KILLED = 128
"""A shell adds this to the number of the signal that ended a command."""
_MOVE = f"exit $((status < {255 - _MOVED} ? status + {_MOVED} : 255))"
_PIPED = f"""mark=$1; shift
mkdir -p "$0" && cd "$0" || exit 1
exec 3>&1
status=$({{ {{ sh -c 'echo $$ >"$0.pid"; exec "$@"' "$0" "$@" 2>&1 >&3 3>&- 4>&-; echo $? >&4; }} |
  while IFS= read -r line || [ -n "$line" ]; do printf '%s%s\\n' "$mark" "$line" >&2; done; }} 4>&1)
{_MOVE}"""
"""Runs a command in the folder $0 and writes its process id to $0.pid, so that a second call can send it SIGINT."""
_ON_TERMINAL = f"""trap : INT
"$@"
status=$?
{_MOVE}"""
"""Runs a command on a terminal, where it gets Ctrl-C itself: the shell ignores it, to return the exit status."""
_LOG_PREFIX = re.compile(r"^(?:[Ee]rror: |Error from server \(\w+\): |[EWIF]\d{4} \S+ +\d+ \S+\] )+")
_NO_REASON = re.compile(r"command terminated with exit code|^Defaulted container|^$")


class ConnectionBrokenError(SluiceError):
    """The connection to the pod broke before the command had ended; the command may have ended or still run."""

    def __init__(self, why: str, *, output_shown: bool) -> None:
        super().__init__(
            f"the connection to the cluster broke before the command had ended{f' ({why})' if why else ''}",
            status=Exit.UNAVAILABLE,
        )
        self.output_shown = output_shown
        """Whether a part of the command's output has been shown."""


def piped_command(command: Sequence[str], *, folder: str, mark: str) -> list[str]:
    """Return the command line in the pod for a command whose output is read here; `mark` begins its error lines."""
    return ["sh", "-c", _PIPED, folder, mark, *command]


def terminal_command(command: Sequence[str]) -> list[str]:
    """Return the command line in the pod for a command that has this terminal."""
    return ["sh", "-c", _ON_TERMINAL, "sh", *command]


def command_exit(returncode: int, *, errors: Sequence[str], output_shown: bool) -> Exit:
    """Return the command's exit status from kubectl's exit status `returncode`.

    Raises ConnectionBrokenError if the command has none, with the reason from kubectl's error lines `errors`;
    SluiceError if the command was killed in the pod.
    """
    status = returncode - _MOVED
    if status in {entry.value for entry in Exit}:
        return Exit(status)
    if status > _KILLED:
        raise SluiceError(
            f"the command was killed in the pod (signal {status - _KILLED}), where 9 is mostly for want of memory: "
            "kubectl describe pod --selector app.kubernetes.io/name=toolbox",
        )
    raise ConnectionBrokenError(error_reason(errors), output_shown=output_shown)


def error_reason(errors: Sequence[str]) -> str:
    """Return the last line of kubectl's standard error that gives a reason, without its prefixes."""
    lines = [_LOG_PREFIX.sub("", line.strip()) for line in errors]
    return next((line for line in reversed(lines) if not _NO_REASON.search(line)), "")


@dataclass(kw_only=True)
class CommandOutput:
    """Shows a command's output as it comes; keeps kubectl's own error lines."""

    process: "subprocess.Popen[bytes]"
    mark: str
    stdout: IO[bytes]
    local_paths: Mapping[str, str]
    """Paths in the pod, and the path on this machine that is shown instead of each."""
    shown: bool = False
    """Whether a line of standard output has been shown."""

    def __post_init__(self) -> None:
        self.errors: list[str] = []
        self._discarded = False
        self._thread = threading.Thread(target=self._read_errors, daemon=True)
        self._thread.start()

    def show(self) -> None:
        """Write standard output to `stdout`, line by line, to its end."""
        for line in cast(IO[bytes], self.process.stdout):
            self.shown = True
            self.stdout.write(self._with_local_paths(line))
            self.stdout.flush()

    def discard(self) -> None:
        """Stop showing output, and close kubectl's standard output."""
        self._discarded = True
        cast(IO[bytes], self.process.stdout).close()

    def wait_for_errors(self) -> None:
        """Wait until all of standard error has been shown."""
        self._thread.join()

    def _read_errors(self) -> None:
        mark = self.mark.encode()
        with suppress(ValueError):  # standard error is closed while it is read, if the command is ended early
            for line in cast(IO[bytes], self.process.stderr):
                if not line.startswith(mark):
                    self.errors.append(line.decode(errors="replace"))
                elif not self._discarded:
                    sys.stderr.write(self._with_local_paths(line[len(mark) :]).decode(errors="replace"))
                    sys.stderr.flush()

    def _with_local_paths(self, line: bytes) -> bytes:
        for path, local in self.local_paths.items():
            line = line.replace(path.encode(), local.encode())
        return line


class StdinThread:
    """A thread that writes a command's standard input; it calls `failed` and sets `error` on an exception."""

    def __init__(self, write_stdin: WriteStdin | None, sink: IO[bytes] | None, *, failed: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._failed = failed
        if write_stdin and sink:
            threading.Thread(target=self._run, args=(write_stdin, sink), daemon=True).start()

    def _run(self, write_stdin: WriteStdin, sink: IO[bytes]) -> None:
        try:
            write_stdin(sink)
        except BrokenPipeError:
            return  # the command ended before it had read everything, and printed why
        except BaseException as error:
            self.error = error
            # Before standard input is closed, which the command would take for the end of the source.
            self._failed()
        with suppress(BrokenPipeError):
            sink.close()
