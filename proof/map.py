"""The track on a plot that is true to scale."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise
from math import cos, floor, log10, radians
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from proof.figure import INK, as_svg, strip_frame, style
from proof.thin import Point, Segment

METRES_A_DEGREE = 111_195.0
"""Of a great circle on the mean sphere; a scale bar needs no more."""
SHADES = 24
MIN_SPAN_METRES = 20.0
"""A log that stands still is not blown up to fill the plot."""
WIDTH, MIN_HEIGHT, MAX_HEIGHT = 7.4, 3.2, 6.4
"""Inches."""
_MINUTES, _DAY = 600, 86_400
"""Seconds up to which the legend tells seconds, and minutes without a date."""
_HALO = [withStroke(linewidth=2.4, foreground="white")]
_CMAP = ListedColormap(colormaps["viridis"]([0.02 + 0.82 * shade / (SHADES - 1) for shade in range(SHADES)]))
"""Without the lightest end, which cannot be seen on white."""

Box = tuple[float, float, float, float]
"""West, east, south, north in degrees."""


def draw_map(segments: list[Segment]) -> str | None:
    """The track (latitude, longitude in degrees) as SVG; None where no fix has a position."""
    points = [point for segment in segments for point in segment]
    if not points:
        return None
    box = _box(points)
    with style():
        figure = Figure(figsize=_size(box), layout="compressed")
        axes = figure.add_subplot()
        _frame(axes, box)
        times = Normalize(points[0][0] / 1e6, max(points[-1][0] / 1e6, points[0][0] / 1e6 + 1e-6))
        axes.add_collection(_lines(segments, times))
        axes.scatter(*_alone(segments), s=4, color=_CMAP(0.5), zorder=2)
        _ends(axes, points)
        _scale_bar(axes, box, left=_emptier_left(points, box, top=False))
        _north(axes, left=_emptier_left(points, box, top=True))
        if len(points) > 1:
            _legend(figure, axes, times)
        return as_svg(figure, name="map", title="The track", description=_describe(box, points))


def _box(points: list[Point]) -> Box:
    latitudes, longitudes = [p[1][0] for p in points], [p[1][1] for p in points]
    south, north, west, east = min(latitudes), max(latitudes), min(longitudes), max(longitudes)
    shrink = _shrink((west, east, south, north))
    # Both spans at least MIN_SPAN_METRES and a quarter of the other: a straight drive is no sliver.
    least = max(MIN_SPAN_METRES / METRES_A_DEGREE, (north - south) / 4, (east - west) * shrink / 4)
    south, north = _widen(south, north, least)
    west, east = _widen(west, east, least / shrink)
    return west, east, south, north


def _widen(low: float, high: float, least: float) -> tuple[float, float]:
    margin = max(0.0, least - (high - low)) / 2 + 0.06 * max(least, high - low)
    return low - margin, high + margin


def _shrink(box: Box) -> float:
    """How much shorter a degree of longitude is here than one of latitude."""
    return max(0.01, cos(radians((box[2] + box[3]) / 2)))


def _size(box: Box) -> tuple[float, float]:
    west, east, south, north = box
    height = (WIDTH - 1.6) * (north - south) / ((east - west) * _shrink(box)) + 0.6
    return WIDTH, min(MAX_HEIGHT, max(MIN_HEIGHT, height))


def _frame(axes: Axes, box: Box) -> None:
    west, east, south, north = box
    axes.set(xlim=(west, east), ylim=(south, north), aspect=1 / _shrink(box))
    axes.set(xlabel="Longitude, degrees east", ylabel="Latitude, degrees north")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        places = _places(list(axis.get_majorticklocs()))
        axis.set_major_formatter(FuncFormatter(lambda value, _, places=places: f"{value:.{places}f}°"))
    strip_frame(axes)


def _places(ticks: Sequence[float]) -> int:
    """Decimals that tell one tick from the next."""
    return max(0, -floor(log10(ticks[1] - ticks[0]) + 1e-9))


def _lines(segments: list[Segment], times: Normalize) -> LineCollection:
    pieces = [piece for segment in segments for piece in _pieces(segment, times)]
    return LineCollection(
        [[(point[1][1], point[1][0]) for point in points] for _, points in pieces],
        colors=[_CMAP(shade) for shade, _ in pieces],
        linewidths=1.7,
        capstyle="round",
        joinstyle="round",
        zorder=2,
    )


def _pieces(segment: Segment, times: Normalize) -> Iterator[tuple[int, Segment]]:
    """The segment cut where its colour changes; a few paths instead of one for every pair of points."""
    steps = groupby(pairwise(segment), key=lambda step: min(SHADES - 1, int(times(step[0][0] / 1e6) * SHADES)))
    for shade, pairs in steps:
        run = list(pairs)
        yield shade, [run[0][0], *(end for _, end in run)]


def _alone(segments: list[Segment]) -> tuple[list[float], list[float]]:
    single = [segment[0][1] for segment in segments if len(segment) == 1]
    return [longitude for _, longitude in single], [latitude for latitude, _ in single]


def _ends(axes: Axes, points: list[Point]) -> None:
    ends = [(points[0], "o", "start", 9)]
    if len(points) > 1:
        ends.append((points[-1], "s", "end", -9))
    middle = sum(axes.get_xlim()) / 2
    for (utime, (latitude, longitude)), marker, word, rise in ends:
        axes.plot(
            longitude, latitude, marker, color=INK, markeredgecolor="white", markersize=7, markeredgewidth=0.7, zorder=4
        )
        axes.annotate(
            f"{word} {_clock(utime)}",
            (longitude, latitude),
            # Towards the middle, where there is always room.
            xytext=(9 if longitude < middle else -9, rise),
            textcoords="offset points",
            ha="left" if longitude < middle else "right",
            va="center",
            path_effects=_HALO,
            zorder=5,
        )


def _clock(utime: int) -> str:
    return f"{datetime.fromtimestamp(utime / 1e6, UTC):%H:%M:%S}"


def _scale_bar(axes: Axes, box: Box, *, left: bool) -> None:
    west, east, south, north = box
    a_degree = METRES_A_DEGREE * _shrink(box)
    metres = _round_length((east - west) * a_degree / 4)
    length, margin = metres / a_degree, 0.03 * (east - west)
    begin = west + margin if left else east - margin - length
    low, tick = south + 0.05 * (north - south), 0.012 * (north - south)
    ends = [begin, begin, begin + length, begin + length]
    axes.plot(ends, [low + tick, low, low, low + tick], color=INK, linewidth=1.4, zorder=4)
    label = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"  # noqa: PLR2004 metres in a kilometre
    axes.text(begin + length / 2, low + 1.6 * tick, label, ha="center", va="bottom", path_effects=_HALO, zorder=4)


def _round_length(metres: float) -> float:
    """The largest of 1, 2, 5, 10 … not above `metres`."""
    power = 10.0 ** floor(log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres or step == 1)


def _north(axes: Axes, *, left: bool) -> None:
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    place: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "zorder": 4}
    tip = (0.035 if left else 0.965, 0.98)
    axes.annotate("N", tip, xytext=(0, -30), ha="center", va="center", arrowprops=arrow, **place)


def _emptier_left(points: list[Point], box: Box, *, top: bool) -> bool:
    """True if fewer points lie in the left corner, at the top or the bottom, than in the right one."""
    west, east, south, north = box
    within = [
        (longitude - west) / (east - west)
        for _, (latitude, longitude) in points
        if ((latitude - south) / (north - south) > 0.75 if top else (latitude - south) / (north - south) < 0.25)  # noqa: PLR2004 a corner is a quarter
    ]
    return sum(across < 0.3 for across in within) <= sum(across > 0.7 for across in within)  # noqa: PLR2004


def _legend(figure: Figure, axes: Axes, times: Normalize) -> None:
    bar = figure.colorbar(ScalarMappable(times, _CMAP), ax=axes, fraction=0.03, pad=0.02, aspect=32)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue] a Spine, which the stubs make a method
    low, high = float(times.vmin or 0), float(times.vmax or 0)
    bar.set_ticks([low + (high - low) * part / 4 for part in range(5)])
    shape = "%H:%M:%S" if high - low < _MINUTES else "%H:%M" if high - low < _DAY else "%m-%d %H:%M"
    bar.ax.yaxis.set_major_formatter(
        FuncFormatter(lambda seconds, _: f"{datetime.fromtimestamp(seconds, UTC):{shape}}")
    )
    bar.set_label("Time, UTC")
    bar.ax.tick_params(length=0)


def _describe(box: Box, points: list[Point]) -> str:
    west, east, south, north = box
    return (
        f"A plot of the positions between latitude {south:.4f} and {north:.4f} and longitude {west:.4f} and {east:.4f}"
        f" degrees, coloured by time, from {_clock(points[0][0])} to {_clock(points[-1][0])} UTC."
    )
