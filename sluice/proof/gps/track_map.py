"""The track on a plot that is true to scale."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from math import floor, log10

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sluice.proof.gps.decimate import Point, Segment
from sluice.proof.gps.map_annotations import (
    CMAP,
    METRES_A_DEGREE,
    SHADES,
    Box,
    clock,
    emptier_left,
    mark_ends,
    north_arrow,
    scale_bar,
    shrink,
    time_legend,
)
from sluice.proof.gps.svg_figure import as_svg, strip_frame, style

MIN_SPAN_METRES = 20.0
"""A log that stands still is not blown up to fill the plot."""
WIDTH, MIN_HEIGHT, MAX_HEIGHT = 7.4, 3.2, 6.4
"""Inches."""


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
        axes.scatter(*_alone(segments), s=4, color=CMAP(0.5), zorder=2)
        mark_ends(axes, points)
        scale_bar(axes, box, left=emptier_left(points, box, top=False))
        north_arrow(axes, left=emptier_left(points, box, top=True))
        if len(points) > 1:
            time_legend(figure, axes, times)
        return as_svg(figure, name="map", title="The track", description=_describe(box, points))


def _box(points: list[Point]) -> Box:
    latitudes, longitudes = [p[1][0] for p in points], [p[1][1] for p in points]
    south, north, west, east = min(latitudes), max(latitudes), min(longitudes), max(longitudes)
    shrunk = shrink((west, east, south, north))
    # Both spans at least MIN_SPAN_METRES and a quarter of the other: a straight drive is no sliver.
    least = max(MIN_SPAN_METRES / METRES_A_DEGREE, (north - south) / 4, (east - west) * shrunk / 4)
    south, north = _widen(south, north, least)
    west, east = _widen(west, east, least / shrunk)
    return west, east, south, north


def _widen(low: float, high: float, least: float) -> tuple[float, float]:
    margin = max(0.0, least - (high - low)) / 2 + 0.06 * max(least, high - low)
    return low - margin, high + margin


def _size(box: Box) -> tuple[float, float]:
    west, east, south, north = box
    height = (WIDTH - 1.6) * (north - south) / ((east - west) * shrink(box)) + 0.6
    return WIDTH, min(MAX_HEIGHT, max(MIN_HEIGHT, height))


def _frame(axes: Axes, box: Box) -> None:
    west, east, south, north = box
    axes.set(xlim=(west, east), ylim=(south, north), aspect=1 / shrink(box))
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
        colors=[CMAP(shade) for shade, _ in pieces],
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


def _describe(box: Box, points: list[Point]) -> str:
    west, east, south, north = box
    return (
        f"A plot of the positions between latitude {south:.4f} and {north:.4f} and longitude {west:.4f} and {east:.4f}"
        f" degrees, coloured by time, from {clock(points[0][0])} to {clock(points[-1][0])} UTC."
    )
