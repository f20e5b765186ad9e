"""Address of a server with a REST interface, and requests to it that prove who asks and verify who answers."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from select import select

# This class itself, for trust_system_store() replaces ssl.SSLContext by one that trusts the system's authorities too.
from ssl import PROTOCOL_TLS_CLIENT, SSLContext, SSLError
from urllib.parse import urlsplit

TIMEOUTS = 10
"""An answer that comes in pieces has so many times the timeout of a piece to end."""
_PIECE, _MOST_BYTES = 1 << 16, 64 << 20


class _Connections(threading.local):
    """Open connections of a thread, by endpoint: a TLS handshake costs more than a request."""

    def __init__(self) -> None:
        self.by_endpoint: dict[RestEndpoint, HTTPConnection] = {}

    def drop_closed(self) -> None:
        """Forget the connections that are closed, by this side or by the server."""
        for endpoint, connection in list(self.by_endpoint.items()):
            if connection.sock is None or _is_stale(connection):
                connection.close()
                del self.by_endpoint[endpoint]


@dataclass(frozen=True, kw_only=True)
class RestEndpoint:
    """A server with a REST interface: its URL, the authority to trust there, and as whom to ask it."""

    url: str
    """Base URL, without a slash at the end."""
    ca_file: Path | None = None
    """PEM file of the authorities that may have signed the server's certificate, for https://."""
    certificate_file: Path | None = None
    """PEM file with the key and the certificate of the client, for a server that asks for one."""
    user_info: str = field(default="", repr=False)
    """`user:password`, for a server that asks for it (basic authentication)."""

    def send(self, method: str, path: str, body: object = None, *, seconds: float) -> tuple[int, str, bytes]:
        """Send a request; return status, its reason phrase, and the answer's body.

        `path` is appended to the URL; `body` is sent as JSON. Raises OSError or HTTPException where no server that the
        authority has signed answers within `seconds`. No proxy is used: these servers are on this machine, in the
        cluster, or beside Kafka, which is not reached through one either.
        """
        connection = self._connection(seconds)
        try:
            connection.request(
                method,
                (urlsplit(self.url).path + path) or "/",
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json", "Accept": "application/json", **self._authorization},
            )
            response = connection.getresponse()
            return response.status, response.reason, _read(response, until=time.monotonic() + seconds * TIMEOUTS)
        except BaseException:
            connection.close()  # and the next request makes a new one
            raise

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Basic {b64encode(self.user_info.encode()).decode()}"} if self.user_info else {}

    def _connection(self, seconds: float) -> HTTPConnection:
        """Return this thread's connection to the server; a new one if there is none or either side has closed it.

        A new one reads the certificates again: the server may be another one since.
        """
        _CONNECTIONS.drop_closed()
        connection = _CONNECTIONS.by_endpoint.get(self)
        if connection is None:
            connection = _CONNECTIONS.by_endpoint[self] = self._new_connection(seconds)
        elif connection.sock is not None:
            connection.sock.settimeout(seconds)
        return connection

    def _new_connection(self, seconds: float) -> HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or "127.0.0.1"
        if parts.scheme == "https":
            return HTTPSConnection(host, parts.port, timeout=seconds, context=self._make_context())
        return HTTPConnection(host, parts.port, timeout=seconds)

    def _make_context(self) -> SSLContext:
        context = SSLContext(PROTOCOL_TLS_CLIENT)
        if self.ca_file is None:
            context.load_default_certs()
        else:
            with _named(self.ca_file):
                context.load_verify_locations(self.ca_file)
        if self.certificate_file is not None:
            with _named(self.certificate_file):
                # Without `password` OpenSSL would ask at the terminal for that of an encrypted key, and wait.
                context.load_cert_chain(self.certificate_file, password="")
        return context


_CONNECTIONS = _Connections()


@contextmanager
def _named(file: Path) -> Generator[None]:
    """Raise an OSError that names the file where OpenSSL cannot read it or use it: its own errors do not."""
    try:
        yield
    except SSLError as error:
        raise OSError(f"{file} holds no certificate, or no key without a passphrase, that can be used") from error
    except OSError as error:
        raise OSError(f"{file} cannot be read ({error.strerror})") from error


def _is_stale(connection: HTTPConnection) -> bool:
    """Return whether the server has closed an idle connection: one that waits for a request has nothing to read."""
    return bool(select([connection.sock], [], [], 0)[0])


def _read(answer: HTTPResponse, *, until: float) -> bytes:
    """Read an answer to its end; raises HTTPException if it is cut, too large, or still coming after `until`."""
    data = bytearray()
    while piece := answer.read1(_PIECE):
        data += piece
        if len(data) > _MOST_BYTES or time.monotonic() > until:
            raise HTTPException(f"the answer has no end after {len(data):,} bytes")
    if answer.length:  # read1() does not say so
        raise HTTPException(f"the answer ends after {len(data):,} bytes, {answer.length:,} before its end")
    answer.close()  # read1() does not at the end of a body of known length, and the next request would be refused
    return bytes(data)
