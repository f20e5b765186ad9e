"""Draws the loads of a schedule, and makes their rows and images: the same numbers give the same content."""

import random
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import Literal

from PIL import Image

Row = tuple[int, int, float, float, float | None, float, float]
"""Columns of gps_fixes after utime and recorded_at."""
LoadKind = Literal["rows", "images"]

ROW_COUNT = 24_000
"""Number of utimes. Every load writes or deletes some of them, so that most are written many times."""
IMAGE_COUNT = 90
SESSION, CAMERAS = "2031-01-02", 3
FIRST_UTIME = 1_925_100_000_000_000
"""2031: no other log has such times."""
PERIOD = 200_000
"""µs between two rows: 24,000 are 80 minutes, in all four partitions."""
_FORMATS = ("avro", "avro", "avro", "protobuf", "json")
_CHANCE_OF_TOMBSTONES = 0.25
_CHANCE_OF_SLOW = 0.6
_CHANCE_OF_AGAIN = 0.75


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """One load: which rows or images it writes or deletes."""

    kind: LoadKind
    version: int
    """Number of the load; what it writes has it as its content."""
    keys: tuple[int, ...]
    """Numbers of the rows or images."""
    tombstones: bool
    slow_seconds: float
    """How long its source (a log, an archive of images) takes to come through a pipe, s; 0: a file or a folder."""
    row_format: str
    again: bool
    """Whether it is started again if a fault kills it."""


def plan_load(generator: random.Random, kind: LoadKind, version: int) -> LoadPlan:
    """Draw the next load."""
    count, longest = (ROW_COUNT, 5_000) if kind == "rows" else (IMAGE_COUNT, 24)
    first, length = generator.randrange(count), generator.randint(longest // 5, longest)
    # A stretch with gaps, round the end: loads overlap in every way.
    step = generator.choice((1, 1, 2, 3))
    keys = sorted({(first + number * step) % count for number in range(length)})
    if generator.random() < 1 / 4:
        generator.shuffle(keys)
    return LoadPlan(
        kind=kind,
        version=version,
        keys=tuple(keys),
        tombstones=generator.random() < _CHANCE_OF_TOMBSTONES,
        slow_seconds=generator.uniform(1, 5) if generator.random() < _CHANCE_OF_SLOW else 0.0,
        row_format=generator.choice(_FORMATS),
        again=generator.random() < _CHANCE_OF_AGAIN,
    )


def utime(number: int) -> int:
    """Return the utime of a row."""
    return FIRST_UTIME + number * PERIOD


def row(number: int, version: int) -> Row:
    """Return the row of a key as the load `version` writes it."""
    mixed = (number * 7919 + version * 104_729) % 1_000_003
    altitude = None if mixed % 5 == 0 else mixed / 1000
    return (mixed % 4, version, mixed / 1e7, -mixed / 1e6, altitude, mixed % 360 / 1, version / 16)


def log_line(utime: int, row: Row) -> str:
    """Return the line of a GPS log for a row."""
    return ",".join([str(utime), *("nan" if value is None else repr(value) for value in row)]) + "\n"


def image_key(number: int) -> str:
    """Return the key of an image."""
    return f"{SESSION}/Cam{number % CAMERAS}/{utime(number)}"


def image_path(number: int) -> str:
    """Return the path of an image's file below its source."""
    return f"{SESSION}/lb3/Cam{number % CAMERAS}/{utime(number)}.tiff"


def image_bytes(number: int, version: int) -> bytes:
    """Return the file of an image as the load `version` writes it: noise, 10 to 90 kB."""
    generator = random.Random(f"{number}/{version}")
    size = (generator.randint(100, 300), generator.randint(100, 300))
    packed = BytesIO()
    Image.frombytes("L", size, generator.randbytes(size[0] * size[1])).save(packed, "TIFF")
    return packed.getvalue()


@cache
def image_digest(number: int, version: int) -> str:
    """Return the SHA-256 of an image's file."""
    return sha256(image_bytes(number, version)).hexdigest()
