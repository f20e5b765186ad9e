"""Generates sample images in the folder layout of the NCLT data set, each visibly different; deterministic.

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
"""Default width and height; at three bytes per pixel, an image has 230 kB."""
MEGABYTE = (640, 546)
"""Width and height of an image of 1 MiB."""
_CAMERAS = 6
_START = 1_353_099_678_000_000
_PERIOD = 200_000
_DIGIT_SEGMENTS = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc",
    "5": "afgcd", "6": "afgedc", "7": "abc", "8": "abcdefg", "9": "abcdfg",
}  # fmt: skip
"""Segments of each digit (seven-segment display): a on top, then clockwise, g in the middle."""
_SEGMENT_BOXES = {
    "a": (0, 0, 1, 5), "b": (0, 4, 5, 5), "c": (4, 4, 9, 5), "d": (8, 0, 9, 5),
    "e": (4, 0, 9, 1), "f": (0, 0, 5, 1), "g": (4, 0, 5, 5),
}  # fmt: skip
"""Of each segment: top, left, bottom, right, in a grid of 9 by 5 cells."""
_NOISE = 24

Pixels = npt.NDArray[np.uint8]
AddFile = Callable[[str, int, bytes], None]
"""Takes the path, the time in s since the epoch and the content."""


def write_images(
    target: Path, *, count: int = COUNT, size: tuple[int, int] = SIZE, session: str = SESSION, cameras: int = _CAMERAS
) -> list[str]:
    """Write `count` uncompressed TIFF images, the cameras in turn, and return their keys in the order written.

    `target` is a folder, in which the session's folder is created, or an archive with the extension .tar, .tar.gz or
    .tgz. An image has its camera's colour and its number on it. `size` is width and height in pixels.
    """
    keys: list[str] = []
    noise = _noise(size)
    with _open_target(target) as add:
        for number in range(count):
            camera, utime = number % cameras, _START + number // cameras * _PERIOD
            pixels = _draw_image(number, camera=camera, size=size, noise=noise)
            packed = io.BytesIO()
            Image.fromarray(pixels).save(packed, "TIFF")
            add(f"{session}/lb3/Cam{camera}/{utime}.tiff", utime // 1_000_000, packed.getvalue())
            keys.append(f"{session}/Cam{camera}/{utime}")
    return keys


@contextmanager
def _open_target(target: Path) -> Generator[AddFile]:
    """Yield the function that adds a file to the folder or archive."""
    if target.suffix not in {".tar", ".gz", ".tgz"}:
        yield lambda name, _time, data: _write(target / name, data)
        return
    with target.open("wb") as file:
        # No name and no time in gzip's header: the same bytes every time. Level 1: images hardly compress.
        packed = file if target.suffix == ".tar" else gzip.GzipFile("", "wb", 1, file, mtime=0)
        with packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
            yield lambda name, time, data: _add_member(tar, name, time, data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _add_member(tar: tarfile.TarFile, name: str, time: int, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(data), time
    tar.addfile(member, io.BytesIO(data))


def _draw_image(number: int, *, camera: int, size: tuple[int, int], noise: Pixels) -> Pixels:
    """Return an array of height x width x 3: the camera's colour, darker to the bottom, noisy, the number in white."""
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
    for position, digit in enumerate(text):
        at = left + position * 7 * cell
        for segment in _DIGIT_SEGMENTS[digit]:
            y1, x1, y2, x2 = (cell * edge for edge in _SEGMENT_BOXES[segment])
            pixels[top + y1 : top + y2, at + x1 : at + x2] = 255


def _noise(size: tuple[int, int]) -> Pixels:
    """Return noise of height x width x 3, like a sensor's; independent of NumPy's generator, so it never changes."""
    width, height = size
    numbers = np.arange(width * height * 3, dtype=np.uint32)
    for shift in (15, 13, 16):
        numbers = (numbers ^ (numbers >> np.uint32(shift))) * np.uint32(0x9E3779B1)
    return ((numbers >> np.uint32(16)) % _NOISE).astype(np.uint8).reshape(height, width, 3)


def main(arguments: Sequence[str]) -> Exit:
    """Parse the command line and write the images."""
    parser = argument_parser(prog="python -m producer.sample_images", description="Write sample images.")
    parser.add_argument("target", metavar="TARGET", type=Path, help="a folder, or an archive: .tar, .tar.gz, .tgz")
    parser.add_argument("--count", metavar="N", type=int, default=COUNT, help="number of images (default: %(default)s)")
    parser.add_argument(
        "--size",
        metavar="WIDTHxHEIGHT",
        type=_size,
        default=SIZE,
        help="in pixels; 640x546 is 1 MiB (default: 320x240)",
    )
    options = parser.parse_args(arguments)
    if not options.target.is_dir() and has_content(options.target):
        parser.error(f"{options.target} exists already; name another file")
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
