"""Map of the track, true to scale, coloured by time, as SVG."""

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
    COLORS,
    METRES_A_DEGREE,
    Box,
    draw_ends,
    draw_north_arrow,
    draw_scale_bar,
    draw_time_legend,
    format_time,
    is_left_emptier,
    longitude_scale,
)
from sluice.proof.gps.svg_figure import figure_style, strip_frame, to_svg

MIN_SPAN_METRES = 20.0
"""Smallest width and height: the noise of a log that stands still does not fill the plot."""
WIDTH, MIN_HEIGHT, MAX_HEIGHT = 7.4, 3.2, 6.4
"""Inches."""


def draw_map(segments: list[Segment]) -> str | None:
    """Return the track (latitude, longitude in degrees) as SVG; None where no fix has a position."""
    points = [point for segment in segments for point in segment]
    if not points:
        return None
    box = _bounding_box(points)
    with figure_style():
        figure = Figure(figsize=_size(box), layout="compressed")
        axes = figure.add_subplot()
        _frame(axes, box)
        times = Normalize(points[0][0] / 1e6, max(points[-1][0] / 1e6, points[0][0] / 1e6 + 1e-6))
        axes.add_collection(_lines(segments, times))
        axes.scatter(*_single_points(segments), s=4, color=CMAP(0.5), zorder=2)
        draw_ends(axes, points)
        draw_scale_bar(axes, box, left=is_left_emptier(points, box, top=False))
        draw_north_arrow(axes, left=is_left_emptier(points, box, top=True))
        if len(points) > 1:
            draw_time_legend(figure, axes, times)
        return to_svg(figure, name="map", title="The track", description=_describe(box, points))


def _bounding_box(points: list[Point]) -> Box:
    latitudes, longitudes = [p[1][0] for p in points], [p[1][1] for p in points]
    south, north, west, east = min(latitudes), max(latitudes), min(longitudes), max(longitudes)
    scale = longitude_scale((west, east, south, north))
    # Both spans are at least MIN_SPAN_METRES and a quarter of the other: a straight drive is no narrow strip.
    least = max(MIN_SPAN_METRES / METRES_A_DEGREE, (north - south) / 4, (east - west) * scale / 4)
    south, north = _widen(south, north, least)
    west, east = _widen(west, east, least / scale)
    return west, east, south, north


def _widen(low: float, high: float, least: float) -> tuple[float, float]:
    margin = max(0.0, least - (high - low)) / 2 + 0.06 * max(least, high - low)
    return low - margin, high + margin


def _size(box: Box) -> tuple[float, float]:
    west, east, south, north = box
    height = (WIDTH - 1.6) * (north - south) / ((east - west) * longitude_scale(box)) + 0.6
    return WIDTH, min(MAX_HEIGHT, max(MIN_HEIGHT, height))


def _frame(axes: Axes, box: Box) -> None:
    west, east, south, north = box
    axes.set(xlim=(west, east), ylim=(south, north), aspect=1 / longitude_scale(box))
    axes.set(xlabel="Longitude, degrees east", ylabel="Latitude, degrees north")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        decimals = _decimals(list(axis.get_majorticklocs()))
        axis.set_major_formatter(FuncFormatter(lambda value, _, decimals=decimals: f"{value:.{decimals}f}°"))
    strip_frame(axes)


def _decimals(ticks: Sequence[float]) -> int:
    """Return the decimals that distinguish neighbouring ticks."""
    return max(0, -floor(log10(ticks[1] - ticks[0]) + 1e-9))


def _lines(segments: list[Segment], times: Normalize) -> LineCollection:
    pieces = [piece for segment in segments for piece in _pieces(segment, times)]
    return LineCollection(
        [[(point[1][1], point[1][0]) for point in points] for _, points in pieces],
        colors=[CMAP(color) for color, _ in pieces],
        linewidths=1.7,
        capstyle="round",
        joinstyle="round",
        zorder=2,
    )


def _pieces(segment: Segment, times: Normalize) -> Iterator[tuple[int, Segment]]:
    """Split the segment where its colour changes: a few paths instead of one for every pair of points."""
    steps = groupby(pairwise(segment), key=lambda step: min(COLORS - 1, int(times(step[0][0] / 1e6) * COLORS)))
    for color, pairs in steps:
        run = list(pairs)
        yield color, [run[0][0], *(end for _, end in run)]


def _single_points(segments: list[Segment]) -> tuple[list[float], list[float]]:
    single = [segment[0][1] for segment in segments if len(segment) == 1]
    return [longitude for _, longitude in single], [latitude for latitude, _ in single]


def _describe(box: Box, points: list[Point]) -> str:
    west, east, south, north = box
    return (
        f"A plot of the positions between latitude {south:.4f} and {north:.4f} and longitude {west:.4f} and {east:.4f}"
        f" degrees, coloured by time, from {format_time(points[0][0])} to {format_time(points[-1][0])} UTC."
    )
