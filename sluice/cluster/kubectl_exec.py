"""A command in a pod by `kubectl exec`: its output, its exit status, and whether the connection broke before its end.

kubectl's exit status does not tell: 1 is a command that failed as well as a connection that broke, and some broken
connections end with 0. So a shell around the command moves its exit status into a range that no other program uses, and
marks each line of its standard error. A line without the mark is kubectl's own, and is not shown as it is.
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
"""Writes a command's standard input."""

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

    def __init__(self, why: str, *, shown: bool) -> None:
        super().__init__(
            f"the connection to the cluster broke before the command had ended{f' ({why})' if why else ''}",
            status=Exit.UNAVAILABLE,
        )
        self.shown = shown
        """Whether some of the command's output has been shown already."""


def piped_command(command: Sequence[str], *, folder: str, mark: str) -> list[str]:
    """Return the command line in the pod for a command whose output is read here; `mark` begins its error lines."""
    return ["sh", "-c", _PIPED, folder, mark, *command]


def terminal_command(command: Sequence[str]) -> list[str]:
    """Return the command line in the pod for a command that has this terminal."""
    return ["sh", "-c", _ON_TERMINAL, "sh", *command]


def command_exit(returncode: int, *, errors: Sequence[str], shown: bool) -> Exit:
    """Return the command's exit status, from kubectl's.

    Raises ConnectionBrokenError where there is none, with the reason in kubectl's lines `errors`; SluiceError for a
    command that was killed in the pod.
    """
    status = returncode - _MOVED
    if status in {entry.value for entry in Exit}:
        return Exit(status)
    if status > _KILLED:
        raise SluiceError(
            f"the command was killed in the pod (signal {status - _KILLED}), where 9 is mostly for want of memory: "
            "kubectl describe pod --selector app.kubernetes.io/name=toolbox",
        )
    raise ConnectionBrokenError(error_reason(errors), shown=shown)


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
    paths: Mapping[str, str]
    """Paths in the pod, and the path that is shown for each."""
    shown: bool = False

    def __post_init__(self) -> None:
        self.errors: list[str] = []
        self._discarded = False
        self._thread = threading.Thread(target=self._read_errors, daemon=True)
        self._thread.start()

    def show(self) -> None:
        """Show standard output to its end."""
        for line in cast(IO[bytes], self.process.stdout):
            self.shown = True
            self.stdout.write(self._here(line))
            self.stdout.flush()

    def discard(self) -> None:
        """Show no more of the output, and close kubectl's standard output."""
        self._discarded = True
        cast(IO[bytes], self.process.stdout).close()

    def wait_for_errors(self) -> None:
        """Wait until all of standard error has been shown."""
        self._thread.join()

    def _read_errors(self) -> None:
        mark = self.mark.encode()
        with suppress(ValueError):  # closed while it is read, when something else has ended the command
            for line in cast(IO[bytes], self.process.stderr):
                if not line.startswith(mark):
                    self.errors.append(line.decode(errors="replace"))
                elif not self._discarded:
                    sys.stderr.write(self._here(line[len(mark) :]).decode(errors="replace"))
                    sys.stderr.flush()

    def _here(self, line: bytes) -> bytes:
        for path, here in self.paths.items():
            line = line.replace(path.encode(), here.encode())
        return line


class StdinThread:
    """Writes a command's standard input in a thread of its own."""

    def __init__(self, feed: WriteStdin | None, sink: IO[bytes] | None, *, failed: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._failed = failed
        if feed and sink:
            threading.Thread(target=self._run, args=(feed, sink), daemon=True).start()

    def _run(self, feed: WriteStdin, sink: IO[bytes]) -> None:
        try:
            feed(sink)
        except BrokenPipeError:
            return  # the command has ended before it read everything, and has said why
        except BaseException as error:
            self.error = error
            # Before its input is closed: the command would take that for the end of the source.
            self._failed()
        with suppress(BrokenPipeError):
            sink.close()
