"""Memory of Redis: estimates what images take, queries what is used and allowed; for the dry run of a load.

Only the dry run connects to Redis, and only if the environment variables of its address are set: a load itself knows
nothing of the consumers of its topic.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

_VARIABLES = ("SLUICE_REDIS_HOST", "SLUICE_REDIS_PORT", "SLUICE_REDIS_READER_PASSWORD")
_TIMEOUT_SECONDS = 5.0
_KEY_OVERHEAD, _VALUE_OVERHEAD = 4, 10
"""Bytes of a string besides its content: header and final zero (sds.h: sdshdr8, sdshdr32)."""
_DICT_ENTRY, _OBJECT, _BUCKET = 24, 16, 8
"""Bytes of a dictEntry, a robj and a pointer in the hash table."""
_ALIGNMENT, _SMALL_LIMIT, _STEPS_LOG2 = 8, 64, 3
"""jemalloc's size classes: multiples of 8 up to 64, then four between two powers of 2, an eighth of the upper apart."""


class RedisUnknownError(Exception):
    """Redis' memory could not be queried; the message says why."""


@dataclass(frozen=True, kw_only=True)
class RedisMemory:
    """Memory statistics of Redis, in bytes."""

    used: int
    """used_memory"""
    limit: int
    """maxmemory; 0 for no limit."""


def estimate_memory(*, key: int, value: int) -> int:
    """Return the bytes of Redis' used_memory that a key and a value of these sizes (bytes) take.

    Redis 6.2 with jemalloc: both strings with their headers, each rounded up to a size class of the
    allocator, plus the object and the entry of the hash table. docs/producer.md compares this with measurements.
    """
    return _allocated(key + _KEY_OVERHEAD) + _allocated(value + _VALUE_OVERHEAD) + _DICT_ENTRY + _OBJECT + _BUCKET


def _allocated(size: int) -> int:
    step = _ALIGNMENT if size <= _SMALL_LIMIT else 1 << ((size - 1).bit_length() - _STEPS_LOG2)
    return -(-size // step) * step


def fetch_memory(env: Mapping[str, str]) -> RedisMemory:
    """Query Redis' memory as its user `reader`, at the address in `env`; raises RedisUnknownError if that fails."""
    missing = [name for name in _VARIABLES if not env.get(name)]
    if missing:
        raise RedisUnknownError(f"{', '.join(missing)} not set")
    host, port, password = (env[name] for name in _VARIABLES)
    try:
        with socket.create_connection((host, int(port)), timeout=_TIMEOUT_SECONDS) as connection:
            connection.sendall(_command("AUTH", "reader", password) + _command("INFO", "memory"))
            with connection.makefile("rb") as replies:
                _read_reply(replies)
                return _parse_memory(_read_reply(replies))
    except (OSError, ValueError, KeyError) as error:
        raise RedisUnknownError(f"Redis at {host}:{port} does not say: {error}") from error


def _command(*words: str) -> bytes:
    texts = [word.encode() for word in words]
    return b"*%d\r\n" % len(texts) + b"".join(b"$%d\r\n%s\r\n" % (len(text), text) for text in texts)


def _read_reply(replies: BinaryIO) -> str:
    line = replies.readline().decode().rstrip()
    if line.startswith("$"):
        return replies.read(int(line[1:]) + 2).decode()
    if not line.startswith("+"):
        raise ValueError(line.removeprefix("-") or "the connection was closed")
    return line[1:]


def _parse_memory(info: str) -> RedisMemory:
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    return RedisMemory(used=int(fields["used_memory"]), limit=int(fields["maxmemory"]))
