"""The command `sluice console`."""

import errno
import os
import secrets
import socket
import threading
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import suppress
from types import FrameType

import uvicorn

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console
from sluice.console.application import make_application
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


def run_console(args: Namespace, *, console: Console, pipeline: ShownPipeline) -> Exit:
    """Serve the page until Ctrl-C; raises SluiceError if the port is taken."""
    with _listen(args.port) as server_socket:
        port = server_socket.getsockname()[1]
        token = secrets.token_urlsafe(32)
        application = make_application(pipeline, target=args.target, token=token, port=port)
        console.print(f"http://127.0.0.1:{port}/?token={token}", soft_wrap=True, highlight=False)
        console.print("Only this URL opens the console. Ctrl-C ends it.", style="dim")
        # No WebSockets: a request for one is answered as any other.
        config = uvicorn.Config(
            application,
            log_level="error",
            access_log=False,
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        with suppress(KeyboardInterrupt):
            _Server(config).run(sockets=[server_socket])
    return Exit.OK


class _Server(uvicorn.Server):
    """Server that ends in time although a thread still waits for a part of the pipeline that does not answer."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: Ctrl-C, or SIGTERM."""
        super().handle_exit(sig, frame)
        timer = threading.Timer(END_SECONDS, os._exit, [Exit.OK])
        timer.daemon = True
        timer.start()


def _listen(port: int) -> socket.socket:
    server_socket = socket.socket()
    server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server_socket.bind(("127.0.0.1", port))
        # Already now: a browser may open the URL as soon as it is printed.
        server_socket.listen(_BACKLOG)
    except OSError as error:
        server_socket.close()
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise SluiceError(
            f"port {port} cannot be used: {why}. Choose another with --port", status=Exit.USAGE
        ) from error
    return server_socket


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)) and int(text) <= _LAST_PORT):
        raise ArgumentTypeError(f"{text!r} is not a port number: 0 (a free one) to {_LAST_PORT}")
    return int(text)
