"""Location of images: parses SOURCE of `sluice load images` and `sluice proof`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from producer.images.image_key import PathParser
from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.nclt_dataset import IMAGES_FOLDER, image_archive_url, parse_session
from producer.sources.source_location import SourceLocation, base_name, display_path, is_remote

IMAGE_SOURCES = (
    "a folder, a .tar, compressed (.gz, .bz2, .xz) or not, as a file or a pipe, an http(s):// or gs:// URL or - "
    "for standard input, or nclt:2012-11-16/lb3"
)
"""SOURCE in --help."""


@dataclass(frozen=True, kw_only=True)
class ImageLocation(SourceLocation):
    """Location of a folder or a tar archive of images."""

    is_folder: bool
    path_parser: PathParser


def locate_images(spec: str, *, env: Mapping[str, str]) -> ImageLocation:
    """Parse SOURCE of the command line; raises SluiceError if the file is missing or the session's name is wrong."""
    if spec.startswith("nclt:"):
        return _locate_session(spec, env)
    if spec == "-" or is_remote(spec):
        return _locate_archive(spec, name=display_path(spec, env=env), base=base_name(spec, env=env))
    path = Path(os.path.abspath(spec))  # not resolve(): a link to a session is named as the user named it
    if not path.exists():
        raise SluiceError(f"there is no {spec}; check how it is spelt")
    if not path.is_dir():
        return _locate_archive(spec, name=spec, base=base_name(spec, env=env))
    parser = PathParser(source_name=path.name or "source", parent_folders=path.parent.parts[1:])
    return ImageLocation(name=spec, base_name=parser.source_name, path=spec, is_folder=True, path_parser=parser)


def _locate_archive(path: str, *, name: str, base: str) -> ImageLocation:
    return ImageLocation(
        name=name, base_name=base, path=path, is_folder=False, path_parser=PathParser(source_name=base)
    )


def _locate_session(spec: str, env: Mapping[str, str]) -> ImageLocation:
    day, rest = parse_session(spec)
    if rest not in {"", IMAGES_FOLDER}:
        raise SluiceError(f"{spec}: a session's images are nclt:{day}/{IMAGES_FOLDER}", status=Exit.USAGE)
    return ImageLocation(
        name=spec,
        base_name=f"nclt-{day}-{IMAGES_FOLDER}",
        path=image_archive_url(day, env=env),
        is_folder=False,
        path_parser=PathParser(source_name=day),
    )
