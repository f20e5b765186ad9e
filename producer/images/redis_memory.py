"""How much of Redis' memory images take, and how much it has: for a dry run, and only there.

A load knows nothing of what reads its topic. A dry run asks Redis where the variables that say where it is are set.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

_VARIABLES = ("SLUICE_REDIS_HOST", "SLUICE_REDIS_PORT", "SLUICE_REDIS_READER_PASSWORD")
_SECONDS = 5.0
_KEY_HEADER, _VALUE_HEADER = 4, 10
"""Bytes that a string takes besides its content: its lengths and the zero at its end (sds.h: sdshdr8, sdshdr32)."""
_ENTRY, _OBJECT, _SLOT = 24, 16, 8
"""dictEntry, robj, and the pointer in the hash table."""
_QUANTUM, _SMALL, _STEPS_LOG2 = 8, 64, 3
"""jemalloc's sizes: multiples of 8 up to 64, then four between two powers of two, each an eighth of the upper one."""


class NotKnownError(Exception):
    """Redis could not be asked; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Redis' own figures, in bytes."""

    used: int
    most: int
    """maxmemory; 0 where there is no limit."""


def stored_bytes(*, key: int, value: int) -> int:
    """Return the bytes of Redis' used_memory that a key and a value of so many bytes take.

    Redis 6.2 with jemalloc: both strings with their headers, each rounded up to a size that the allocator has,
    the object and the entry of the hash table. docs/producer.md compares this with what was measured.
    """
    return _allocated(key + _KEY_HEADER) + _allocated(value + _VALUE_HEADER) + _ENTRY + _OBJECT + _SLOT


def _allocated(size: int) -> int:
    step = _QUANTUM if size <= _SMALL else 1 << ((size - 1).bit_length() - _STEPS_LOG2)
    return -(-size // step) * step


def ask_redis(env: Mapping[str, str]) -> Memory:
    """Ask Redis as its user `reader`; raises NotKnownError where that cannot be done."""
    missing = [name for name in _VARIABLES if not env.get(name)]
    if missing:
        raise NotKnownError(f"{', '.join(missing)} not set")
    host, port, password = (env[name] for name in _VARIABLES)
    try:
        with socket.create_connection((host, int(port)), timeout=_SECONDS) as connection:
            connection.sendall(_command("AUTH", "reader", password) + _command("INFO", "memory"))
            with connection.makefile("rb") as answers:
                _answer(answers)
                return _memory(_answer(answers))
    except (OSError, ValueError, KeyError) as error:
        raise NotKnownError(f"Redis at {host}:{port} does not say: {error}") from error


def _command(*words: str) -> bytes:
    texts = [word.encode() for word in words]
    return b"*%d\r\n" % len(texts) + b"".join(b"$%d\r\n%s\r\n" % (len(text), text) for text in texts)


def _answer(answers: BinaryIO) -> str:
    line = answers.readline().decode().rstrip()
    if line.startswith("$"):
        return answers.read(int(line[1:]) + 2).decode()
    if not line.startswith("+"):
        raise ValueError(line.removeprefix("-") or "the connection was closed")
    return line[1:]


def _memory(info: str) -> Memory:
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    return Memory(used=int(fields["used_memory"]), most=int(fields["maxmemory"]))
