"""Tries TCP connections from inside a pod; needs Python only: `python - SECONDS < addresses.json`, see `command`.

Reads a list of [host, port] and prints a list of results, in its order: `open`, `refused` or `dropped`.
"""

import errno
import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OPEN, REFUSED, DROPPED = "open", "refused", "dropped"
_AT_A_TIME = 64
_NO_WAY = {errno.ECONNREFUSED: REFUSED, errno.ECONNRESET: REFUSED}


def try_address(host: str, port: int, seconds: float) -> str:
    """Return what comes of a connection: `dropped` is no answer, or none that came from the address itself."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return OPEN
    except OSError as error:
        return _NO_WAY.get(error.errno or 0, DROPPED)


def try_all(addresses: list[tuple[str, int]], seconds: float) -> list[str]:
    """Return the result of each address."""
    with ThreadPoolExecutor(max_workers=_AT_A_TIME) as pool:
        return list(pool.map(lambda address: try_address(address[0], address[1], seconds), addresses))


def command() -> list[str]:
    """Return the command line that runs this file in a pod that does not have it; the addresses are its input."""
    return ["python", "-c", Path(__file__).read_text(encoding="utf-8"), "2"]


if __name__ == "__main__":
    json.dump(try_all(json.load(sys.stdin), float(sys.argv[1])), sys.stdout)
