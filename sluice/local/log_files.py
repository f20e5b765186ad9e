"""Bounds the logs and temporary files of an instance, whose servers only append to the one and forget the other."""

import os
import shutil
from pathlib import Path

from sluice.local.instance import Instance

LIMIT_BYTES = 16 << 20
"""Size at which a log is cut; its last lines are kept in one file beside it, so a log takes some twice as much."""
FORMER_SUFFIX = ".1"


def cut_long_logs(instance: Instance) -> None:
    """Move the last LIMIT_BYTES of each log that has reached so many to `<log>.1`, over those that were moved before.

    The file itself stays: its server holds it open for appending. A line that is written at that very moment may be
    lost, so that no log can fill the disk.
    """
    for log in instance.folder("logs").glob("*.log"):
        try:
            if log.stat().st_size >= LIMIT_BYTES:
                _cut(log)
        except FileNotFoundError:  # removed meanwhile
            continue


def _cut(log: Path) -> None:
    former = log.with_name(log.name + FORMER_SUFFIX)
    former.unlink(missing_ok=True)
    with log.open("rb") as lines, os.fdopen(os.open(former, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as kept:
        # The log of a former version may have grown for months.
        lines.seek(max(0, os.fstat(lines.fileno()).st_size - LIMIT_BYTES))
        shutil.copyfileobj(lines, kept)
    os.truncate(log, 0)


def empty_temporary_files(instance: Instance) -> None:
    """Remove what servers that were killed have left in the instance's folder for temporary files; none may run."""
    folder = instance.temporary_folder
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
