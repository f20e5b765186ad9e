"""Makes a GPS log to try things with: NCLT's eight columns and its quirks, always the same bytes.

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
_LATITUDE, _LONGITUDE, _ALTITUDE = 0.7381, -1.4610, 262.0
_EARTH_METRES = 6_371_000.0
_TENTHS_OF_A_TURN = 3_600
# Rounded, so that the last digit of another machine's sine does not change the file.
_NORTH = [round(math.cos(math.radians(tenth / 10)), 6) for tenth in range(_TENTHS_OF_A_TURN)]
_EAST = [round(math.sin(math.radians(tenth / 10)), 6) for tenth in range(_TENTHS_OF_A_TURN)]
_METRE_NORTH = 1 / _EARTH_METRES
_METRE_EAST = round(_METRE_NORTH / math.cos(_LATITUDE), 12)
_CHANCE_OF_REST = 0.002
_REST_ROWS = 150
_CHANCE_OF_FLAT = 0.02
_CHANCE_OF_NO_COURSE = 0.012


def write_sample(path: Path, *, rows: int = ROWS, seed: int = SEED) -> None:
    """Write a log of `rows` rows, some 5 a second, along a walk in Ann Arbor; the same bytes every time.

    Altitude is nan in rows of fix mode 2, track and speed are nan together in some rows of either mode, and
    no satellite is ever counted, as in the real logs.
    """
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(_rows(rows, random.Random(seed)))  # noqa: S311 — nothing secret


class _Walk:
    """Someone who walks about and rests now and then; distances in m from where it began."""

    def __init__(self, chance: random.Random) -> None:
        self.north = self.east = 0.0
        self.altitude = _ALTITUDE
        self.heading = _TENTHS_OF_A_TURN // 4
        self.speed = 1.3
        self._chance = chance
        self._rest = 0

    def step(self, seconds: float) -> None:
        self.heading = (self.heading + int(self._about(30))) % _TENTHS_OF_A_TURN
        self._rest = self._rest - 1 if self._rest else _REST_ROWS * (self._chance.random() < _CHANCE_OF_REST)
        self.speed = min(1.9, max(0.8, self.speed + self._about(0.05)))
        if self._rest:
            self.speed = 0.005 * (self._chance.random() < 1 / 2)
        # Drawn back to where it began, so that a long log stays in the town.
        self.north += self.speed * seconds * _NORTH[self.heading] - self.north * 1e-4
        self.east += self.speed * seconds * _EAST[self.heading] - self.east * 1e-4
        self.altitude += self._about(0.2) + (_ALTITUDE - self.altitude) * 1e-3

    def _about(self, most: float) -> float:
        return (self._chance.random() - 0.5) * 2 * most


def _rows(count: int, chance: random.Random) -> Iterator[str]:
    walk, utime = _Walk(chance), _START
    for number in range(count):
        walk.step(_PERIOD / 1e6)
        utime += _PERIOD + int((chance.random() - 0.5) * 2 * _JITTER)
        flat = number % 2 == 1 or chance.random() < _CHANCE_OF_FLAT
        latitude, longitude = _LATITUDE + walk.north * _METRE_NORTH, _LONGITUDE + walk.east * _METRE_EAST
        altitude = "nan" if flat else f"{walk.altitude:.1f}"
        course = f"{walk.heading / 10:g},{round(walk.speed, 3):g}"
        if chance.random() < _CHANCE_OF_NO_COURSE:
            course = "nan,nan"
        yield f"{utime},{2 if flat else 3},0,{latitude:.15g},{longitude:.15g},{altitude},{course}\n"


def _is_sample(path: Path, *, seed: int) -> bool:
    first = next(_rows(1, random.Random(seed))).encode()  # noqa: S311
    try:
        with path.open("rb") as file:
            return file.read(len(first)) == first
    except OSError:
        return False


def main(arguments: Sequence[str]) -> Exit:
    """Write a sample as the command line says."""
    parser = argument_parser(prog="python -m producer.sample", description="Write a GPS log to try things with.")
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--rows", metavar="N", type=int, default=ROWS, help="how many (default: %(default)s)")
    parser.add_argument("--seed", metavar="N", type=int, default=SEED, help="another log for another number")
    options = parser.parse_args(arguments)
    if has_content(options.file) and not _is_sample(options.file, seed=options.seed):
        parser.error(f"{options.file} is there already and is no such sample; name another file")
    try:
        write_sample(options.file, rows=options.rows, seed=options.seed)
    except OSError as error:
        raise SluiceError(f"{options.file} cannot be written: {error.strerror}") from error
    return Exit.OK


if __name__ == "__main__":
    run("producer.sample", lambda: main(sys.argv[1:]))
