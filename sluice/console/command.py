"""The command `sluice console`."""

import os
import secrets
import signal
import sys
import threading
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from types import FrameType

import uvicorn

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console
from sluice.console.application import make_application
from sluice.console.bind_port import bind_port
from sluice.console.shown_pipeline import ShownPipeline

SHUTDOWN_SECONDS = 1
"""Time that open connections get at the end: a page holds one for as long as it is shown."""
END_SECONDS = 1.8
"""Time after which the command ends, whatever still runs."""
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
        application = make_application(pipeline, target=args.shown_target or args.target, token=token, port=port)
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
        server = _Server(config)
        if args.until_stdin_ends:
            threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        # Already now: Ctrl-C may come as soon as the URL is printed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, server.handle_exit)
        console.print(f"http://127.0.0.1:{port}/?token={token}", soft_wrap=True, highlight=False)
        console.print("Only this URL opens the console. Ctrl-C ends it.", style="dim")
        server.run(sockets=[server_socket])
    return Exit.OK


class _Server(uvicorn.Server):
    """Server that ends in time although a thread still waits for a part of the pipeline that does not answer."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: Ctrl-C, or SIGTERM."""
        super().handle_exit(sig, frame)
        self.end()

    def end(self) -> None:
        """End the server within END_SECONDS."""
        self.should_exit = True
        timer = threading.Timer(END_SECONDS, os._exit, [Exit.OK])
        timer.daemon = True
        timer.start()


def _end_with_stdin(server: _Server) -> None:
    # By the descriptor: the lock of a stream that is being read would end the interpreter with an error.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.end()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)) and int(text) <= _LAST_PORT):
        raise ArgumentTypeError(f"{text!r} is not a port number: 0 (a free one) to {_LAST_PORT}")
    return int(text)
