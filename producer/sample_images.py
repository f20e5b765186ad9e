"""Makes images to try things with: NCLT's layout, each image different to the eye, always the same bytes.

python -m producer.sample_images TARGET [--count N] [--size WIDTHxHEIGHT]
"""

import argparse
import colorsys
import gzip
import io
import sys
import tarfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run
from producer.runtime.terminal import argument_parser
from producer.shared.output_files import has_content

SESSION = "2012-11-16"
COUNT = 12
SIZE = (320, 240)
"""Width and height of an image, which has three bytes a pixel: 230 kB."""
MEGABYTE = (640, 546)
"""Width and height of an image of 1 MiB."""
_CAMERAS = 6
_START = 1_353_099_678_000_000
_PERIOD = 200_000
_SEGMENTS = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc",
    "5": "afgcd", "6": "afgedc", "7": "abc", "8": "abcdefg", "9": "abcdfg",
}  # fmt: skip
"""Which strokes of an eight a digit has: a on top, then clockwise, g in the middle."""
_STROKES = {
    "a": (0, 0, 1, 5), "b": (0, 4, 5, 5), "c": (4, 4, 9, 5), "d": (8, 0, 9, 5),
    "e": (4, 0, 9, 1), "f": (0, 0, 5, 1), "g": (4, 0, 5, 5),
}  # fmt: skip
"""Of each stroke: top, left, bottom, right, in a field of 9 by 5."""
_NOISE = 24

Pixels = npt.NDArray[np.uint8]
Add = Callable[[str, int, bytes], None]


def write_images(
    target: Path, *, count: int = COUNT, size: tuple[int, int] = SIZE, session: str = SESSION, cameras: int = _CAMERAS
) -> list[str]:
    """Write `count` TIFF images, uncompressed, one camera after another in turn; returns their keys, in that order.

    `target` is a folder, in which the session's folder is made, or an archive whose name ends with .tar, .tar.gz
    or .tgz. Each image has its camera's colour and its number on it. `size` is width and height in pixels.
    """
    keys: list[str] = []
    noise = _noise(size)
    with _opened(target) as add:
        for number in range(count):
            camera, utime = number % cameras, _START + number // cameras * _PERIOD
            pixels = _picture(number, camera=camera, size=size, noise=noise)
            packed = io.BytesIO()
            Image.fromarray(pixels).save(packed, "TIFF")
            add(f"{session}/lb3/Cam{camera}/{utime}.tiff", utime // 1_000_000, packed.getvalue())
            keys.append(f"{session}/Cam{camera}/{utime}")
    return keys


@contextmanager
def _opened(target: Path) -> Generator[Add]:
    if target.suffix not in {".tar", ".gz", ".tgz"}:
        yield lambda name, _when, data: _write(target / name, data)
        return
    with target.open("wb") as file:
        # Neither name nor time in the header: the same bytes every time. Level 1: images hardly get smaller.
        packed = file if target.suffix == ".tar" else gzip.GzipFile("", "wb", 1, file, mtime=0)
        with packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
            yield lambda name, when, data: _add(tar, name, when, data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _add(tar: tarfile.TarFile, name: str, when: int, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(data), when
    tar.addfile(member, io.BytesIO(data))


def _picture(number: int, *, camera: int, size: tuple[int, int], noise: Pixels) -> Pixels:
    """Return rows of pixels: the camera's colour, darker to the bottom, grainy, with the number in white."""
    width, height = size
    red, green, blue = colorsys.hsv_to_rgb((camera / _CAMERAS + number * 0.007) % 1, 0.7, 0.8)
    shade = np.linspace(230, 110, height, dtype=np.float32)[:, None, None]
    colour = np.array([red, green, blue], dtype=np.float32)[None, None, :]
    pixels = np.broadcast_to(shade * colour, (height, width, 3)).astype(np.uint8)
    pixels += np.roll(noise, number * 7919)
    _write_number(pixels, f"{number}")
    return pixels


def _write_number(pixels: Pixels, text: str) -> None:
    height, width = pixels.shape[:2]
    cell = max(1, min(height // 15, width // (7 * len(text) + 2)))
    top, left = (height - 9 * cell) // 2, (width - (7 * len(text) - 2) * cell) // 2
    for place, digit in enumerate(text):
        at = left + place * 7 * cell
        for stroke in _SEGMENTS[digit]:
            y1, x1, y2, x2 = (cell * edge for edge in _STROKES[stroke])
            pixels[top + y1 : top + y2, at + x1 : at + x2] = 255


def _noise(size: tuple[int, int]) -> Pixels:
    """Return a grain as a camera's sensor has it; the same one every time, also with another NumPy."""
    width, height = size
    numbers = np.arange(width * height * 3, dtype=np.uint32)
    for shift in (15, 13, 16):
        numbers = (numbers ^ (numbers >> np.uint32(shift))) * np.uint32(0x9E3779B1)
    return ((numbers >> np.uint32(16)) % _NOISE).astype(np.uint8).reshape(height, width, 3)


def main(arguments: Sequence[str]) -> Exit:
    """Write images as the command line says."""
    parser = argument_parser(prog="python -m producer.sample_images", description="Write images to try things with.")
    parser.add_argument("target", metavar="TARGET", type=Path, help="a folder, or an archive: .tar, .tar.gz")
    parser.add_argument("--count", metavar="N", type=int, default=COUNT, help="how many (default: %(default)s)")
    parser.add_argument(
        "--size",
        metavar="WIDTHxHEIGHT",
        type=_size,
        default=SIZE,
        help="in pixels; 640x546 is 1 MiB (default: 320x240)",
    )
    options = parser.parse_args(arguments)
    if not options.target.is_dir() and has_content(options.target):
        parser.error(f"{options.target} is there already; name another file")
    try:
        write_images(options.target, count=options.count, size=options.size)
    except OSError as error:
        raise SluiceError(f"{options.target} cannot be written: {error.strerror}") from error
    return Exit.OK


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 640x480")
    return int(width), int(height)


if __name__ == "__main__":
    run("producer.sample_images", lambda: main(sys.argv[1:]))
