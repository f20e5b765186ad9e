"""The options that choose images: --camera, --every, --limit, --max-bytes."""

import argparse
import re

from producer.images.selection import DEFAULT_MAX_BYTES, Selection

CAMERAS = tuple(f"Cam{number}" for number in range(6))
"""Names of the cameras in the NCLT data set."""
_UNITS = {"": 1, "B": 1} | {
    prefix + suffix: base**power
    for power, prefix in enumerate("KMGT", start=1)
    for suffix, base in (("", 1000), ("B", 1000), ("I", 1024), ("IB", 1024))
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([A-Z]*)", re.ASCII)
_ALL = "all"


def add_selection_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that read_selection() reads."""
    parser.add_argument(
        "--camera",
        metavar="NAME",
        type=_cameras,
        action="extend",
        help=f"only this camera: {CAMERAS[0]} to {CAMERAS[-1]}, or 0 to {len(CAMERAS) - 1}; several with commas or "
        "by repeating the option (default: all)",
    )
    parser.add_argument(
        "--every", metavar="N", type=_positive, default=1, help="every Nth image of each camera (default: all)"
    )
    parser.add_argument("--limit", metavar="N", type=_positive, help="at most so many images (default: no limit)")
    parser.add_argument(
        "--max-bytes",
        metavar="SIZE",
        type=_size,
        help="at most so many bytes of images: 500MB, 2GiB, or `all` for no limit "
        f"(default: {DEFAULT_MAX_BYTES // 1_000_000}MB, so that nobody loads 88 GB by mistake)",
    )


def read_selection(args: argparse.Namespace) -> Selection:
    """Return the selection that the options make."""
    unlimited = args.max_bytes == _ALL
    return Selection(
        cameras=frozenset(args.camera) if args.camera else None,
        every=args.every,
        limit=args.limit,
        max_bytes=None if unlimited else DEFAULT_MAX_BYTES if args.max_bytes is None else args.max_bytes,
    )


def _cameras(text: str) -> list[str]:
    known = {name.lower(): name for name in CAMERAS} | {str(number): name for number, name in enumerate(CAMERAS)}
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(CAMERAS)}")
    return [known[name.lower()] for name in names]


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def _size(text: str) -> int | str:
    if text.lower() == _ALL:
        return _ALL
    match = _SIZE.fullmatch(text.upper())
    unit = _UNITS.get(match[2]) if match else None
    if match is None or unit is None or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 500MB, 2GiB, 1000000 or all")
    return int(float(match[1]) * unit)
