"""Location of a GPS log: parses SOURCE of `sluice load gps` and `sluice proof`.

Images have their own, producer/images/image_location.py: folders are sources there, and their names are parts of keys.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from producer.sources.nclt_dataset import parse_session, sensor_archive_url
from producer.sources.source_location import SourceLocation, base_name, display_path, strip_extensions

LOG_SOURCES = (
    "a file or a pipe, - for standard input, compressed (.gz, .bz2, .xz) or not, archive.tar.gz::member, an http(s):// "
    "or gs:// URL, or nclt:2012-11-16"
)
"""SOURCE in --help."""


@dataclass(frozen=True, kw_only=True)
class LogLocation(SourceLocation):
    """Location of a GPS log."""

    member: str | None = None
    """Path of the log in the tar archive at `path`; None if `path` is the log, or the archive's only gps.csv is."""


def locate_log(spec: str, *, env: Mapping[str, str]) -> LogLocation:
    """Parse SOURCE of the command line; raises SluiceError for a session that is not a date."""
    if spec.startswith("nclt:"):
        return _locate_session(spec, env)
    path, _, member = spec.partition("::")
    if os.path.lexists(spec):
        path, member = spec, ""
    base = base_name(path, env=env)
    return LogLocation(
        name=display_path(path, env=env) + (f"::{member}" if member else ""),
        base_name=f"{base}-{strip_extensions(member)}" if member else base,
        path=path,
        member=member or None,
    )


def _locate_session(spec: str, env: Mapping[str, str]) -> LogLocation:
    day, member = parse_session(spec)
    member = member or "gps.csv"
    return LogLocation(
        name=spec,
        base_name=f"nclt-{day}-{strip_extensions(member)}",
        path=sensor_archive_url(day, env=env),
        member=f"{day}/{member}",
    )
