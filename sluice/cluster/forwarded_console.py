"""`sluice console` on a cluster: a console runs in the toolbox pod, and a port of this machine is forwarded to it.

In the pod it reaches the brokers and stores, which do not let themselves be forwarded, and listens on the pod's own
127.0.0.1 only. It chooses a port that is free there, and the same one is forwarded here: a console answers only
browsers that ask for the port that it listens on. The token comes by the command's output.
"""

import re
import signal
import threading
from argparse import Namespace
from collections.abc import Sequence
from io import BytesIO
from typing import IO, Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.cluster.kubectl_exec import ConnectionBrokenError
from sluice.cluster.port_forward import PortForward, PortTakenError
from sluice.cluster.toolbox_pod import NAMESPACE, Toolbox
from sluice.console.bind_port import bind_port

TIMES = 5
"""Maximum number of ports that are tried, if the command line names none."""
_URL = re.compile(rb"http://127\.0\.0\.1:([0-9]+)/\?token=\S+\s*")


def run_forwarded_console(toolbox: Toolbox, arguments: Sequence[str], args: Namespace, *, stdout: IO[bytes]) -> Exit:
    """Run the command line `arguments` in one pod, and forward its port, until Ctrl-C; return its exit status.

    Raises SluiceError if the port is taken or cannot be forwarded, or if the connection to the pod breaks.
    """
    if args.port:
        bind_port(args.port).close()
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.default_int_handler)  # the terminal is closed: like Ctrl-C
    pod = toolbox.in_one_pod()
    in_pod = [*arguments, "--shown-target", _shown(args), "--until-stdin-ends"]
    for left in reversed(range(1 if args.port else TIMES)):
        try:
            return _run(pod, in_pod, stdout=stdout)
        except PortTakenError:
            if not left:
                raise
    raise AssertionError("the last call returns or raises")


def _shown(args: Namespace) -> str:
    return args.target if args.namespace == NAMESPACE else f"{args.target}, namespace {args.namespace}"


def _run(pod: Toolbox, arguments: Sequence[str], *, stdout: IO[bytes]) -> Exit:
    forward, output = PortForward(pod), _HeldBack(stdout)

    def keep_forwarding(_: IO[bytes]) -> None:
        # Meanwhile standard input stays open. Its end, whatever has ended this program, ends the command in the pod.
        try:
            if port := output.wait_for_port():
                forward.run(port, opened=output.show)
        finally:
            output.end()

    try:
        status = pod.run(arguments, variables={}, write_stdin=keep_forwarding, stdout=output, local_paths={})
    except ConnectionBrokenError as broken:
        forward.close()
        raise _ended(pod, broken) from broken
    except BaseException:
        forward.close()
        pod.clean()
        raise
    finally:
        output.end()
    forward.close()
    pod.clean()
    # Interrupted: after Ctrl-C the pod could not be reached, or the command there had not quite begun.
    return Exit.OK if status is Exit.INTERRUPTED and output.is_shown else status


def _ended(pod: Toolbox, broken: ConnectionBrokenError) -> SluiceError:
    """Clean up after a broken connection, as far as that is possible; return the error to raise."""
    runs = pod.runs()
    if runs is False:
        return pod.gone_error()
    if runs:
        pod.end_earlier_run()
    return SluiceError(f"{broken}. Run the command again; it prints another URL", status=broken.status)


class _HeldBack(BytesIO):
    """Takes a command's output line by line, and holds it back until the port of the URL in its first line is open."""

    def __init__(self, stdout: IO[bytes]) -> None:
        super().__init__()
        self._stdout = stdout
        self._port = 0
        self._port_is_known = threading.Event()
        self._may_be_shown = threading.Event()
        self.is_shown = False
        """Whether the port has been open."""

    def write(self, line: Any) -> int:
        if not self._port_is_known.is_set():
            found = _URL.fullmatch(line)
            self._port = int(found[1]) if found else 0
            self._port_is_known.set()
            if found:
                self._may_be_shown.wait()
        if self.is_shown or not self._port:
            self._stdout.write(line)
            self._stdout.flush()
        return len(line)

    def wait_for_port(self) -> int:
        """Return the port of the URL; 0 if the command has ended without one."""
        self._port_is_known.wait()
        return self._port

    def show(self) -> None:
        """Show what has been held back, and all further output."""
        self.is_shown = True
        self._may_be_shown.set()

    def end(self) -> None:
        """Let nobody wait any more."""
        self._port_is_known.set()
        self._may_be_shown.set()
