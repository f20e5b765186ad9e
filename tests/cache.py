"""What tests need and take long to make: made once, into the user's cache."""

import shutil
from collections.abc import Callable, Mapping
from fcntl import LOCK_EX, flock
from pathlib import Path

from sluice.local.fetch_servers import cache_folder


def once(name: str, make: Callable[[Path], None], *, env: Mapping[str, str], lock: str = ".go.lock") -> Path:
    """The folder of this name in the user's cache; `make` fills it where it is not there yet.

    What holds the same `lock` is made one at a time: the compiler of Go takes every core and gigabytes of memory.
    """
    cache = cache_folder(env)
    folder = cache / name
    if not folder.is_dir():
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (cache / lock).open("w") as held:
            flock(held, LOCK_EX)
            if not folder.is_dir():
                building = folder.with_name(f"building-{name.rpartition('-')[0]}")
                shutil.rmtree(building, ignore_errors=True)
                make(building)
                building.rename(folder)
    return folder
