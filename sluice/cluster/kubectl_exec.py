"""One command in a pod, by `kubectl exec`: its output, its exit status, and whether the connection broke before that.

kubectl's own exit status does not say which: 1 is a command that failed as well as a connection that broke, and some
broken connections end with 0. So a shell around the command moves its exit status to where no other program's is, and
marks each line that it writes to standard error. What has no mark there is kubectl's, and is never shown as it is.
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
"""Writes what a command is to read from its standard input."""

_MOVED = 64
"""Added to the command's exit status. kubectl's own and a container runtime's are 0, 1 and from 125 on."""
_KILLED = 128
"""A shell adds this to the number of the signal that has ended a command."""
_MOVE = f"exit $((status < {255 - _MOVED} ? status + {_MOVED} : 255))"
_PIPED = f"""mark=$1; shift
mkdir -p "$0" && cd "$0" || exit 1
exec 3>&1
status=$({{ {{ sh -c 'echo $$ >"$0.pid"; exec "$@"' "$0" "$@" 2>&1 >&3 3>&- 4>&-; echo $? >&4; }} |
  while IFS= read -r line || [ -n "$line" ]; do printf '%s%s\\n' "$mark" "$line" >&2; done; }} 4>&1)
{_MOVE}"""
"""Runs a command in the folder $0, under a process id that a second call can find, to end it as Ctrl-C would."""
_ON_TERMINAL = f"""trap : INT
"$@"
status=$?
{_MOVE}"""
"""Runs a command on a terminal, which takes Ctrl-C there by itself: the shell outlives it to say how it ended."""
_LOG_PREFIX = re.compile(r"^(?:[Ee]rror: |Error from server \(\w+\): |[EWIF]\d{4} \S+ +\d+ \S+\] )+")
_NOT_WORTH_SAYING = re.compile(r"command terminated with exit code|^Defaulted container|^$")


class ConnectionBrokenError(SluiceError):
    """The connection to the pod broke before the command had ended; what became of the command is not known."""

    def __init__(self, why: str, *, shown: bool) -> None:
        super().__init__(
            f"the connection to the cluster broke before the command had ended{f' ({why})' if why else ''}",
            status=Exit.UNAVAILABLE,
        )
        self.shown = shown
        """Something that the command has printed has been shown already."""


def piped_command(command: Sequence[str], *, folder: str, mark: str) -> list[str]:
    """The command line in the pod for a command whose output is read here; `mark` begins its lines of errors."""
    return ["sh", "-c", _PIPED, folder, mark, *command]


def terminal_command(command: Sequence[str]) -> list[str]:
    """The command line in the pod for a command that has this terminal."""
    return ["sh", "-c", _ON_TERMINAL, "sh", *command]


def command_exit(returncode: int, *, said: Sequence[str], shown: bool) -> Exit:
    """The command's own exit status, from kubectl's.

    Raises ConnectionBrokenError where there is none, with what kubectl `said`; SluiceError for a command that was
    killed in the pod.
    """
    status = returncode - _MOVED
    if status in {entry.value for entry in Exit}:
        return Exit(status)
    if status > _KILLED:
        raise SluiceError(
            f"the command was killed in the pod (signal {status - _KILLED}), where 9 is mostly for want of memory: "
            "kubectl describe pod --selector app.kubernetes.io/name=toolbox",
        )
    raise ConnectionBrokenError(error_reason(said), shown=shown)


def error_reason(said: Sequence[str]) -> str:
    """What kubectl said last that explains anything, without its prefixes."""
    lines = [_LOG_PREFIX.sub("", line.strip()) for line in said]
    return next((line for line in reversed(lines) if not _NOT_WORTH_SAYING.search(line)), "")


@dataclass(kw_only=True)
class CommandOutput:
    """Shows what a command prints, as it comes; keeps what kubectl says itself."""

    process: "subprocess.Popen[bytes]"
    mark: str
    stdout: IO[bytes]
    paths: Mapping[str, str]
    """Paths in the pod, which are shown as these."""
    shown: bool = False

    def __post_init__(self) -> None:
        self.said: list[str] = []
        self._left = False
        self._thread = threading.Thread(target=self._read_errors, daemon=True)
        self._thread.start()

    def show(self) -> None:
        """Show standard output to its end."""
        for line in cast(IO[bytes], self.process.stdout):
            self.shown = True
            self.stdout.write(self._here(line))
            self.stdout.flush()

    def leave(self) -> None:
        """Nobody reads what the command has to say: show no more of it, and let kubectl find its output closed."""
        self._left = True
        cast(IO[bytes], self.process.stdout).close()

    def errors_read(self) -> None:
        """Wait until all of standard error has been shown."""
        self._thread.join()

    def _read_errors(self) -> None:
        mark = self.mark.encode()
        with suppress(ValueError):  # closed while it is read, where something else has ended the command
            for line in cast(IO[bytes], self.process.stderr):
                if not line.startswith(mark):
                    self.said.append(line.decode(errors="replace"))
                elif not self._left:
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
            # Before its input ends: an end would look like the source's own.
            self._failed()
        with suppress(BrokenPipeError):
            sink.close()
