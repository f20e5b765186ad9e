"""Removes servers that earlier versions of this project fetched: each state of its sources has a folder of 1 GB."""

import math
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from sluice.local.fetch_servers import Say
from sluice.local.instance import SERVERS_LINK

KEPT_DAYS = 14
"""Another checkout may use another version: a folder that nobody has started for so long is used by none."""


def remove_old_servers(servers: Path, *, running: Iterable[Path], say: Say) -> None:
    """Note that `servers` is used now, and remove the folders beside it that have not been for KEPT_DAYS.

    `running` are the state folders of all instances that run: what they use stays. A folder that this user may not
    remove stays as well.
    """
    if not os.access(servers, os.W_OK):
        return
    os.utime(servers)
    used = {servers.resolve(), *((state / SERVERS_LINK).resolve() for state in running)}
    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for folder in sorted(servers.parent.glob("servers-*")):
        if folder.resolve() not in used and _last_use(folder) < oldest:
            say(f"removing {folder}, which was last used more than {KEPT_DAYS} days ago")
            shutil.rmtree(folder, ignore_errors=True)


def _last_use(folder: Path) -> float:
    """Return when a folder was last used; infinity for a link, which is not ours, and where another run removes it."""
    try:
        return math.inf if folder.is_symlink() else folder.stat().st_mtime
    except OSError:
        return math.inf
