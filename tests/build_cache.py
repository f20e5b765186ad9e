"""Cache of slow builds that tests need, in the user's cache folder."""

import shutil
from collections.abc import Callable, Mapping
from fcntl import LOCK_EX, flock
from pathlib import Path

from sluice.local.fetch_servers import cache_folder


def cached_folder(name: str, make: Callable[[Path], None], *, env: Mapping[str, str], lock: str = ".go.lock") -> Path:
    """Return the folder `name` of the user's cache; if it does not exist, `make` fills it first.

    Builds with the same `lock` run one at a time: the Go compiler takes all cores and gigabytes of memory.
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
