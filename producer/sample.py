"""Generates a sample GPS log with the columns and quirks of the NCLT data set; deterministic.

python -m producer.sample FILE [--rows N] [--seed N]
"""

import math
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run
from producer.runtime.terminal import argument_parser
from producer.shared.output_files import has_content

ROWS = 20_000
SEED = 2012
_START = 1_353_000_000_000_000
"""15 November 2012, µs since the epoch."""
_PERIOD = 200_000
_JITTER = 12_000
"""Interval of rows and its largest deviation, µs."""
_LATITUDE, _LONGITUDE, _ALTITUDE = 0.7381, -1.4610, 262.0
"""Start of the walk: radians, radians, metres."""
_EARTH_METRES = 6_371_000.0
_TENTHS_OF_A_TURN = 3_600
# Rounded, so that a sine that differs in its last digit on another machine does not change the file.
_NORTH = [round(math.cos(math.radians(tenth / 10)), 6) for tenth in range(_TENTHS_OF_A_TURN)]
_EAST = [round(math.sin(math.radians(tenth / 10)), 6) for tenth in range(_TENTHS_OF_A_TURN)]
_METRE_NORTH = 1 / _EARTH_METRES
_METRE_EAST = round(_METRE_NORTH / math.cos(_LATITUDE), 12)
_CHANCE_OF_REST = 0.002
_REST_ROWS = 150
_CHANCE_OF_2D_FIX = 0.02
_CHANCE_OF_NO_COURSE = 0.012


def write_sample(path: Path, *, rows: int = ROWS, seed: int = SEED) -> None:
    """Write a log of `rows` rows, about 5 per second, along a random walk in Ann Arbor.

    The same `rows` and `seed` give the same bytes. As in the real logs, altitude is nan in rows of fix mode 2, track
    and speed are both nan in some rows of either mode, and the number of satellites is always 0.
    """
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(_rows(rows, random.Random(seed)))  # noqa: S311 — not for cryptography


class _Walk:
    """A random walk with rests. Distances are in metres from the start."""

    def __init__(self, generator: random.Random) -> None:
        self.north = self.east = 0.0
        self.altitude = _ALTITUDE
        self.heading = _TENTHS_OF_A_TURN // 4
        self.speed = 1.3
        self._random = generator
        self._rest = 0

    def step(self, seconds: float) -> None:
        self.heading = (self.heading + int(self._deviation(30))) % _TENTHS_OF_A_TURN
        self._rest = self._rest - 1 if self._rest else _REST_ROWS * (self._random.random() < _CHANCE_OF_REST)
        self.speed = min(1.9, max(0.8, self.speed + self._deviation(0.05)))
        if self._rest:
            self.speed = 0.005 * (self._random.random() < 1 / 2)
        # Pulled back towards the start, so that a long log stays in town.
        self.north += self.speed * seconds * _NORTH[self.heading] - self.north * 1e-4
        self.east += self.speed * seconds * _EAST[self.heading] - self.east * 1e-4
        self.altitude += self._deviation(0.2) + (_ALTITUDE - self.altitude) * 1e-3

    def _deviation(self, limit: float) -> float:
        return (self._random.random() - 0.5) * 2 * limit


def _rows(count: int, generator: random.Random) -> Iterator[str]:
    walk, utime = _Walk(generator), _START
    for number in range(count):
        walk.step(_PERIOD / 1e6)
        utime += _PERIOD + int((generator.random() - 0.5) * 2 * _JITTER)
        is_2d = number % 2 == 1 or generator.random() < _CHANCE_OF_2D_FIX
        latitude, longitude = _LATITUDE + walk.north * _METRE_NORTH, _LONGITUDE + walk.east * _METRE_EAST
        altitude = "nan" if is_2d else f"{walk.altitude:.1f}"
        course = f"{walk.heading / 10:g},{round(walk.speed, 3):g}"
        if generator.random() < _CHANCE_OF_NO_COURSE:
            course = "nan,nan"
        yield f"{utime},{2 if is_2d else 3},0,{latitude:.15g},{longitude:.15g},{altitude},{course}\n"


def _is_sample(path: Path, *, seed: int) -> bool:
    """Return whether the file begins with the first row of the sample of this seed: then it may be replaced."""
    first = next(_rows(1, random.Random(seed))).encode()  # noqa: S311
    try:
        with path.open("rb") as file:
            return file.read(len(first)) == first
    except OSError:
        return False


def main(arguments: Sequence[str]) -> Exit:
    """Parse the command line and write the sample."""
    parser = argument_parser(prog="python -m producer.sample", description="Write a sample GPS log.")
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--rows", metavar="N", type=int, default=ROWS, help="number of rows (default: %(default)s)")
    parser.add_argument("--seed", metavar="N", type=int, default=SEED, help="seed of the walk (default: %(default)s)")
    options = parser.parse_args(arguments)
    if has_content(options.file) and not _is_sample(options.file, seed=options.seed):
        parser.error(f"{options.file} exists already and is not such a sample; name another file")
    try:
        write_sample(options.file, rows=options.rows, seed=options.seed)
    except OSError as error:
        raise SluiceError(f"{options.file} cannot be written: {error.strerror}") from error
    return Exit.OK


if __name__ == "__main__":
    run("producer.sample", lambda: main(sys.argv[1:]))
