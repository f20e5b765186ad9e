"""The Redis server, with a password for every user."""

import platform
import socket
from hashlib import sha256
from pathlib import Path
from string import Template

from producer.runtime.exit_status import SluiceError
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import ROOT
from sluice.local.processes import Server


def prepare(instance: Instance) -> Path:
    """Write the server's settings; return the path of the file."""
    instance.folder("redis")
    settings = (
        "bind 127.0.0.1",
        f"port {instance.port('redis')}",
        "dir redis",
        "daemonize no",
        # A process title would overwrite the environment, by which processes.py finds this process again.
        "set-proc-title no",
        f"maxmemory {instance.redis_megabytes}mb",
    )
    digests = {f"REDIS_{user.upper()}_DIGEST": _digest(instance, user) for user in ("admin", "connect", "reader")}
    shared = Template((ROOT / "k8s/redis/redis.conf").read_text(encoding="utf-8")).substitute(digests)
    return instance.write("redis.conf", "\n".join(settings) + "\n" + shared)


def server(instance: Instance, *, settings: Path, servers: Path) -> Server:
    """Return Redis' process; ready when it answers a PING of the user admin."""
    return Server(
        name="redis",
        command=[str(instance.link_servers(servers) / binary(servers).relative_to(servers)), settings.name],
        folder=instance.state,
        ready=lambda: _answers(instance),
        port=instance.port("redis"),
    )


def binary(servers: Path) -> Path:
    """Return the executable for this platform, one of several in the jar; raises SluiceError."""
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    found = sorted((servers / "redis").glob(f"redis-server-*-{system}-{machine}"))
    if not found:
        raise SluiceError(
            f"there is no Redis for {system} on {machine}; supported are linux and darwin, amd64 and arm64"
        )
    return found[0]


def _digest(instance: Instance, user: str) -> str:
    return sha256(instance.passwords[f"redis-{user}"].encode()).hexdigest()


def _answers(instance: Instance) -> bool:
    login = f"AUTH admin {instance.passwords['redis-admin']}\r\nPING\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", instance.port("redis")), timeout=2) as connection:
            connection.sendall(login)
            return connection.recv(1024).startswith(b"+OK")
    except OSError:
        return False
