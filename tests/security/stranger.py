"""What another user of this machine can send to a port, and whether the answer is a refusal."""

import socket
import ssl
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from sluice.local.instance import Instance
from sluice.local.processes import running_processes

_SECONDS = 2
_TLS_ALERT = 0x15
_MYSQL_GREETING, _MYSQL_ERROR = 0x0A, 0xFF
# None of these changes anything where it is let in: no connector or subject has that name, and {} is no valid body.
_PATHS = (
    "GET /",
    "GET /connectors",
    "GET /connectors/mysql-sink/config",
    "POST /connectors",
    "DELETE /connectors/nobodys",
    "PUT /connectors/nobodys/pause",
    # From worker to worker
    "POST /connectors/nobodys/tasks",
    "PUT /connectors/nobodys/fence",
    "GET /admin/loggers",
    "GET /health",
    "GET /health/ready",
    "GET /metrics",
    "GET /q/metrics",
    "GET /apis/registry/v3/system/info",
    "GET /apis/ccompat/v7/subjects",
    "GET //apis/ccompat/v7/subjects",
    "GET /apis/ccompat/v7/subjects/",
    "GET /apis;a=b/ccompat/v7/subjects",
    "GET /x/../apis/ccompat/v7/subjects",
    "GET /apis/ccompat/v7/../../../apis/ccompat/v7/subjects",
    "POST /apis/ccompat/v7/subjects/nobodys/versions",
    "DELETE /apis/ccompat/v7/subjects/nobodys",
    "PUT /apis/ccompat/v7/config",
    "GET /apis/registry/v3/admin/config/properties",
)
# Metadata, version 0, of all topics; correlation id 1; no client id.
_KAFKA = bytes.fromhex("0000000e 0003 0000 00000001 ffff 00000000")
_REDIS = (b"PING", b"INFO", b"GET x", b"CONFIG GET *", b"ACL WHOAMI", b"HELLO 3", b"KEYS *", b"DBSIZE")


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port on which a process of the instance listens."""

    process: str
    address: str
    number: int


def listening_ports(instance: Instance) -> list[Port]:
    """Return every port on which a process of an instance listens now, from the process table."""
    return [
        Port(process=entry.name, address=connection.laddr.ip, number=connection.laddr.port)
        for entry in running_processes(instance)
        for connection in entry.process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]


def tls_context(identity: Path | None = None) -> ssl.SSLContext:
    """Return the TLS context of a client that trusts every server, with a certificate of its own if it has one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if identity:
        context.load_cert_chain(identity)
    return context


def served(port: int, context: ssl.SSLContext | None) -> list[str]:
    """Send each message to a port of 127.0.0.1, over TLS if there is a context; return the answers that refuse nothing.

    Each is a line with the message. What does not speak TLS is not asked over TLS again and again.
    """
    messages = list(_messages()) if context is None or _speaks_tls(port, context) else []
    with ThreadPoolExecutor(max(1, len(messages))) as pool:
        answers = pool.map(lambda message: _answer(port, message, context), messages)
        return [
            f"{message[:60]!r} is answered by {answer[:200]!r}"
            for message, answer in zip(messages, answers, strict=True)
            if not _is_refusal(answer)
        ]


def _messages() -> Iterator[bytes]:
    for line in _PATHS:
        body = "" if line.startswith(("GET", "DELETE")) else "{}"
        headers = f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        yield f"{line} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n{body}".encode()
    yield _KAFKA
    yield from (command + b"\r\n" for command in _REDIS)


def _speaks_tls(port: int, context: ssl.SSLContext) -> bool:
    try:
        with _connect(port) as plain, context.wrap_socket(plain):
            return True
    except OSError:
        return False


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)


def _answer(port: int, message: bytes, context: ssl.SSLContext | None) -> bytes:
    """Return what a port answers until it closes the connection or is silent for _SECONDS; empty for nothing."""
    answer = bytearray()
    with suppress(OSError), _connect(port) as plain:
        connection = context.wrap_socket(plain) if context else plain
        with connection:
            connection.sendall(message)
            answer.extend(part for chunk in iter(lambda: connection.recv(65536), b"") for part in chunk)
    return bytes(answer)


def _is_refusal(answer: bytes) -> bool:
    """Return whether an answer gives nothing away.

    That is no answer, a TLS alert, an error of Redis or MySQL, or HTTP 401 (400 to what is no HTTP) without a body.

    MySQL's protocol begins with the server's greeting, its version; then comes an error.
    """
    if not answer or answer[0] == _TLS_ALERT:
        return True
    if answer.startswith(b"HTTP/"):
        status, _, body = answer.partition(b"\r\n\r\n")
        return status.split(b" ", 2)[1] in (b"400", b"401") and not body
    if answer.startswith(b"-"):
        return all(line.startswith((b"-NOAUTH", b"-ERR", b"-DENIED")) for line in answer.splitlines())
    packets = list(_mysql_packets(answer))
    return bool(packets) and packets[0][0] == _MYSQL_GREETING and all(one[0] == _MYSQL_ERROR for one in packets[1:])


def _mysql_packets(answer: bytes) -> Iterable[bytes]:
    while len(answer) > 4:
        length = int.from_bytes(answer[:3], "little")
        if not length:
            return
        yield answer[4 : 4 + length]
        answer = answer[4 + length :]
