"""The command `sluice console`."""

import os
import secrets
import signal
import sys
import threading
import time
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console
from producer.shared.interrupts import ending_signals
from sluice.console.application import make_application
from sluice.console.bind_port import bind_port
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.unfinished_work import UnfinishedWork

SHUTDOWN_SECONDS = 1
"""Time that open connections get at the end: a page holds one for as long as it is shown."""
END_SECONDS = 1.8
"""Time after which the command ends, although a part of the pipeline still does not answer."""
FINISH_SECONDS = 30.0
"""Time that UnfinishedWork gets before that."""
_LAST_PORT = 65535
_BACKLOG = 128


def add_console_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice console`."""
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="port on 127.0.0.1 (default: a free one)")
    # Of sluice/cluster/forwarded_console.py, in a pod: the target that the user named, and when to end.
    parser.add_argument("--shown-target", help=SUPPRESS)
    parser.add_argument("--until-stdin-ends", action="store_true", help=SUPPRESS)


def run_console(args: Namespace, *, console: Console, pipeline: ShownPipeline) -> Exit:
    """Serve the page until Ctrl-C; raises SluiceError if there is no pipeline, or the port is taken."""
    with bind_port(args.port) as server_socket:
        _ = pipeline.endpoints  # where there is no pipeline, say it now, not when the page is opened
        # Already now: a browser may open the URL as soon as it is printed.
        server_socket.listen(_BACKLOG)
        port = server_socket.getsockname()[1]
        token = secrets.token_urlsafe(32)
        unfinished = UnfinishedWork()
        application = make_application(
            pipeline, target=args.shown_target or args.target, token=token, port=port, unfinished=unfinished
        )
        server = _Server(application, unfinished)
        if args.until_stdin_ends:
            threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        # Already now: Ctrl-C may come as soon as the URL is printed.
        server.handle_signals()
        console.print(f"http://127.0.0.1:{port}/?token={token}", soft_wrap=True, highlight=False)
        console.print("Only this URL opens the console. Ctrl-C ends it.", style="dim")
        server.run(sockets=[server_socket])
    return Exit.OK


class _Server(uvicorn.Server):
    """Server that ends in time although a thread still waits for a part of the pipeline that does not answer."""

    def __init__(self, application: ASGIApp, unfinished: UnfinishedWork) -> None:
        # No WebSockets: a request for one is answered as any other. The application reports its own faults; uvicorn
        # would print a traceback for each page that is still open at the end.
        config = uvicorn.Config(
            application,
            log_level="critical",
            access_log=False,
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        super().__init__(config)
        self._unfinished = unfinished

    def handle_signals(self) -> None:
        """Let signals end the server."""
        for number in ending_signals():
            signal.signal(number, self.handle_exit)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: Ctrl-C, SIGTERM, or a terminal that is closed. Ctrl-C after one of them waits for nothing."""
        del frame  # not noted as uvicorn does, which would send itself the signal once more at the end
        if sig == signal.SIGINT and self.should_exit:
            os._exit(Exit.OK if self._unfinished.wait(0) else Exit.INTERRUPTED)
        self.end()

    def end(self) -> None:
        """End the server within END_SECONDS, or as soon as the work under way is finished."""
        if not self.should_exit:
            self.should_exit = True
            threading.Thread(target=self._end_in_time, daemon=True).start()

    def _end_in_time(self) -> None:
        ends_at = time.monotonic() + END_SECONDS
        self._unfinished.stop()
        if not self._unfinished.wait(END_SECONDS):
            _say("waiting until the dead letters under way are sent and noted as sent. Ctrl-C ends at once")
            if not self._unfinished.wait(FINISH_SECONDS - END_SECONDS):
                _say("Kafka does not acknowledge them; those that it has taken may be sent a second time later")
                os._exit(Exit.INCOMPLETE)
        time.sleep(max(0, ends_at - time.monotonic()))
        os._exit(Exit.OK)


def _say(sentence: str) -> None:
    Console(stderr=True).print(f"sluice: {sentence}", soft_wrap=True)


def _end_with_stdin(server: _Server) -> None:
    # By the descriptor: the lock of a stream that is being read would end the interpreter with an error.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.end()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)) and int(text) <= _LAST_PORT):
        raise ArgumentTypeError(f"{text!r} is not a port number: 0 (a free one) to {_LAST_PORT}")
    return int(text)
