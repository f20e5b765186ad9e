"""The port that the console listens on."""

import errno
import socket

from producer.runtime.exit_status import Exit, SluiceError


def bind_port(port: int) -> socket.socket:
    """Bind a socket to a port of 127.0.0.1, to a free one for 0; raises SluiceError if it is taken."""
    server_socket = socket.socket()
    server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server_socket.bind(("127.0.0.1", port))
    except OSError as error:
        server_socket.close()
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise SluiceError(
            f"port {port} cannot be used: {why}. Choose another with --port", status=Exit.USAGE
        ) from error
    return server_socket
