"""Where images come from, as named on the command line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from producer.images.image_key import Naming
from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.log_source import base_name, data_set, session_day, shown_path
from producer.sources.stored_bytes import is_remote

IMAGE_SOURCES = (
    "a folder, a .tar, packed (.gz, .bz2, .xz) or not, as a file or a pipe, an http(s):// or gs:// URL or - for "
    "standard input, or nclt:2012-11-16/lb3"
)
NCLT_IMAGES = "lb3"
"""What a session's images are called in the data set."""


@dataclass(frozen=True, kw_only=True)
class ImageLocation:
    """A source of images as it is named, before it is opened."""

    name: str
    base_name: str
    """What files about this source are named after."""
    path: str
    is_folder: bool
    naming: Naming


def locate_images(spec: str, *, env: Mapping[str, str]) -> ImageLocation:
    """Understand what the user wrote; raises SluiceError for what is not there or is no session."""
    if spec.startswith("nclt:"):
        return _session(spec, env)
    if spec == "-" or is_remote(spec):
        own = base_name(spec, env=env)
        return ImageLocation(
            name=shown_path(spec, env=env), base_name=own, path=spec, is_folder=False, naming=Naming(own=own)
        )
    path = Path(os.path.abspath(spec))  # not resolve(): a link to a session is named as the user named it
    if not path.exists():
        raise SluiceError(f"there is no {spec}; check how it is spelt")
    if path.is_dir():
        naming = Naming(own=path.name or "source", above=path.parent.parts[1:])
        return ImageLocation(name=spec, base_name=naming.own, path=spec, is_folder=True, naming=naming)
    own = base_name(spec, env=env)
    return ImageLocation(name=spec, base_name=own, path=spec, is_folder=False, naming=Naming(own=own))


def _session(spec: str, env: Mapping[str, str]) -> ImageLocation:
    day, rest = session_day(spec)
    if rest not in {"", NCLT_IMAGES}:
        raise SluiceError(f"{spec}: a session's images are nclt:{day}/{NCLT_IMAGES}", status=Exit.USAGE)
    return ImageLocation(
        name=spec,
        base_name=f"nclt-{day}-{NCLT_IMAGES}",
        path=f"{data_set(env)}/images/{day}_{NCLT_IMAGES}.tar.gz",
        is_folder=False,
        naming=Naming(own=day),
    )
