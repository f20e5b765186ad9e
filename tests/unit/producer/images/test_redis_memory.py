import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from producer.images.redis_memory import RedisMemory, RedisUnknownError, estimate_memory, fetch_memory


@pytest.mark.parametrize(
    ("value", "measured"),
    # MEMORY USAGE of Redis 6.2.11 with jemalloc 5.1.0, key of 32 bytes; an image of 1 MiB takes a quarter more.
    [
        (100, 192), (5_000, 5_200), (33_000, 41_040), (60_000, 65_616), (230_540, 262_224), (700_000, 786_512),
        (1_048_706, 1_310_800), (1_500_000, 1_572_944), (5_000_000, 5_242_960),
    ],
)  # fmt: skip
def test_the_estimate_is_memory_usage_plus_the_slot_of_the_table(value: int, measured: int) -> None:
    assert estimate_memory(key=32, value=value) == measured + 8


@contextmanager
def redis(*answers: bytes) -> Generator[tuple[dict[str, str], list[bytes]]]:
    """Something that gives these answers, and what it was asked."""
    asked: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(4_096))
            self.request.sendall(b"".join(answers))

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port, *_ = server.server_address
        yield {
            "SLUICE_REDIS_HOST": str(host), "SLUICE_REDIS_PORT": str(port), "SLUICE_REDIS_READER_PASSWORD": "s ä",
        }, asked  # fmt: skip
        server.shutdown()


def test_redis_is_queried_as_user_reader() -> None:
    info = b"# Memory\r\nused_memory:1000\r\nused_memory_human:1K\r\nmaxmemory:536870912\r\n"
    with redis(b"+OK\r\n", b"$%d\r\n%s\r\n" % (len(info), info)) as (env, asked):
        assert fetch_memory(env) == RedisMemory(used=1_000, limit=536_870_912)
    assert asked == [b"*3\r\n$4\r\nAUTH\r\n$6\r\nreader\r\n$4\r\ns \xc3\xa4\r\n*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n"]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ((b"-WRONGPASS invalid\r\n",), "WRONGPASS"),
        ((b"+OK\r\n", b"-NOPERM no\r\n"), "NOPERM"),
        ((), "closed"),
        ((b"+OK\r\n", b"$3\r\nabc\r\n"), "used_memory"),
    ],
)
def test_an_error_reply_is_in_the_message(answers: tuple[bytes, ...], says: str) -> None:
    with redis(*answers) as (env, _), pytest.raises(RedisUnknownError, match=says) as caught:
        fetch_memory(env)
    assert env["SLUICE_REDIS_READER_PASSWORD"] not in str(caught.value)


def test_without_an_address_redis_is_not_queried() -> None:
    with pytest.raises(RedisUnknownError, match="SLUICE_REDIS_HOST, SLUICE_REDIS_PORT"):
        fetch_memory({})
    with pytest.raises(RedisUnknownError, match=r"Redis at 127.0.0.1:1 does not say: .*refused"):
        fetch_memory({"SLUICE_REDIS_HOST": "127.0.0.1", "SLUICE_REDIS_PORT": "1", "SLUICE_REDIS_READER_PASSWORD": "x"})
