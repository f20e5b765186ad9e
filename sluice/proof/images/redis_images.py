"""Reads images back from Redis, in batches of a limited size."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar, cast

import redis

from producer.runtime.exit_status import Exit, SluiceError
from sluice.view.endpoints import StoreUser
from sluice.view.store_status import OFFSETS_KEY, redis_client

BATCH_KEYS = 500
BATCH_BYTES = 8 << 20
"""Limit of a batch; a larger value is read alone. It limits the memory of a proof."""
READ_SECONDS = 60.0
"""Longest that Redis may take over one batch."""
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class NotBytes:
    """A value of another type than a string of bytes: a list, a hash or the like."""

    why: str


Value = bytes | NotBytes | None
"""Value of a key; None where the key does not exist."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Memory of Redis in bytes."""

    used: int
    limit: int
    """maxmemory; 0 where none is set."""


class ImageStore(Protocol):
    """The database of images, as far as a proof uses it."""

    @property
    def product(self) -> str:
        """Name and version of the server."""
        ...

    def memory(self) -> Memory:
        """Return how much memory is used, and the limit."""
        ...

    def present(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield those of `keys` that exist, in the order given."""
        ...

    def expiring(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield those of `keys` that have a time to live, in the order given; no sink writes such a key."""
        ...

    def read(self, keys: Iterable[str]) -> Iterator[tuple[str, Value]]:
        """Yield each key with its value, in the order given; one batch is in memory at a time."""
        ...

    def scan(self, prefix: str) -> Iterator[str]:
        """Yield every key that begins with `prefix`, in no order; one may come twice."""
        ...


class RedisImages:
    """Redis database IMAGES_DATABASE; raises SluiceError (UNAVAILABLE) where Redis does not answer."""

    def __init__(self, user: StoreUser) -> None:
        self._user = user
        self._client = redis_client(user, timeout=READ_SECONDS)
        try:
            server = self._require_answer(lambda: self._client.info("server"))
        except BaseException:
            self.close()
            raise
        self.product: str = f"Redis {server['redis_version']}"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def memory(self) -> Memory:
        """Return how much memory is used, and the limit."""
        memory = self._require_answer(lambda: self._client.info("memory"))
        return Memory(used=int(memory["used_memory"]), limit=int(memory.get("maxmemory", 0)))

    def present(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield those of `keys` that exist, in the order given."""
        for batch in _batches(keys, BATCH_KEYS):
            yield from (key for key, there in zip(batch, self._run_each("EXISTS", batch), strict=True) if there)

    def expiring(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield those of `keys` that have a time to live, in the order given."""
        for batch in _batches(keys, BATCH_KEYS):
            yield from (key for key, life in zip(batch, self._run_each("PTTL", batch), strict=True) if life >= 0)

    def read(self, keys: Iterable[str]) -> Iterator[tuple[str, Value]]:
        """Yield each key with its value, in the order given; one batch is in memory at a time."""
        for batch in _batches(keys, BATCH_KEYS):
            sizes = self._run_each("STRLEN", batch)
            for some in _by_size(batch, sizes):
                yield from zip(some, map(_value, self._run_each("GET", some)), strict=True)

    def sizes(self, keys: Iterable[str]) -> Iterator[int | None]:
        """Yield the bytes of each key's value, in the order given; 0: there is none, None: it is of another type."""
        for batch in _batches(keys, BATCH_KEYS):
            yield from (size if isinstance(size, int) else None for size in self._run_each("STRLEN", batch))

    def scan(self, prefix: str) -> Iterator[str]:
        """Yield every key of an image that begins with `prefix`, in no order; one may come twice."""
        pattern, cursor = _escaped(as_bytes(prefix)) + b"*", 0
        while True:
            cursor, found = cast(
                tuple[int, list[bytes]],
                self._require_answer(lambda at=cursor: self._client.scan(at, match=pattern, count=1000)),
            )
            yield from (key for key in map(as_text, found) if not key.startswith(OFFSETS_KEY))
            if cursor == 0:
                return

    def _run_each(self, command: str, keys: Sequence[str]) -> list[Any]:
        """Run a command for each key and return the answers; for a value of another type the answer is an exception."""
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.execute_command(command, as_bytes(key))
        answers = self._require_answer(lambda: pipeline.execute(raise_on_error=False))
        for answer in answers:
            if isinstance(answer, redis.RedisError) and not str(answer).startswith("WRONGTYPE"):
                raise self._unavailable(answer)
        return answers

    def _require_answer(self, request: Callable[[], Answer]) -> Answer:
        try:
            return request()
        except (redis.RedisError, OSError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> SluiceError:
        where = f"Redis at {self._user.host}:{self._user.port}"
        return SluiceError(
            f"{where} cannot be asked: {error}. Is the pipeline up? `sluice status` says what runs",
            status=Exit.UNAVAILABLE,
        )


@contextmanager
def open_images_store(user: StoreUser) -> Generator[RedisImages]:
    """Connect to Redis as `user` and yield the images; raises SluiceError (UNAVAILABLE)."""
    with closing(RedisImages(user)) as store:
        yield store


def as_bytes(key: str) -> bytes:
    """Return a key as Redis has it; a key need not be UTF-8."""
    return key.encode("utf-8", "surrogateescape")


def as_text(key: bytes) -> str:
    """Return a key as Python text; as_bytes() reverses it."""
    return key.decode("utf-8", "surrogateescape")


def _value(answer: Any) -> Value:
    return NotBytes(why="it is no string of bytes") if isinstance(answer, redis.RedisError) else answer


def _by_size(keys: Sequence[str], sizes: Sequence[Any]) -> Iterator[list[str]]:
    """Split `keys` so that the values of a part have BATCH_BYTES at most."""
    some: list[str] = []
    total = 0
    for key, size in zip(keys, sizes, strict=True):
        size_bytes = size if isinstance(size, int) else 0
        if some and total + size_bytes > BATCH_BYTES:
            yield some
            some, total = [], 0
        some.append(key)
        total += size_bytes
    if some:
        yield some


def _batches(keys: Iterable[str], length: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, length)):
        yield batch


def _escaped(prefix: bytes) -> bytes:
    """Return the prefix with the special characters of MATCH escaped."""
    return b"".join(b"\\" + bytes([byte]) if byte in b"*?[]\\^" else bytes([byte]) for byte in prefix)
