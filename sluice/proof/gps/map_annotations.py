"""Annotations of the track map: scale bar, north arrow, start and end, legend of the colours."""

from datetime import UTC, datetime
from math import cos, floor, log10, radians
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter

from sluice.proof.gps.decimate import Point
from sluice.proof.gps.svg_figure import INK

METRES_A_DEGREE = 111_195.0
"""Metres in a degree of a great circle on the mean sphere; exact enough for a scale bar."""
COLORS = 24
_MINUTES, _DAY = 600, 86_400
"""Spans in seconds up to which the legend shows seconds, and no date."""
_HALO = [withStroke(linewidth=2.4, foreground="white")]
CMAP = ListedColormap(colormaps["viridis"]([0.02 + 0.82 * shade / (COLORS - 1) for shade in range(COLORS)]))
"""Colours of time, without the lightest, which are invisible on white."""

Box = tuple[float, float, float, float]
"""West, east, south, north in degrees."""


def longitude_scale(box: Box) -> float:
    """Return the length of a degree of longitude divided by that of latitude, in the middle of the box."""
    return max(0.01, cos(radians((box[2] + box[3]) / 2)))


def draw_ends(axes: Axes, points: list[Point]) -> None:
    """Draw and label the first and the last point."""
    ends = [(points[0], "o", "start", 9)]
    if len(points) > 1:
        ends.append((points[-1], "s", "end", -9))
    middle = sum(axes.get_xlim()) / 2
    for (utime, (latitude, longitude)), marker, word, rise in ends:
        axes.plot(
            longitude, latitude, marker, color=INK, markeredgecolor="white", markersize=7, markeredgewidth=0.7, zorder=4
        )
        axes.annotate(
            f"{word} {format_time(utime)}",
            (longitude, latitude),
            # Towards the middle, where there is room.
            xytext=(9 if longitude < middle else -9, rise),
            textcoords="offset points",
            ha="left" if longitude < middle else "right",
            va="center",
            path_effects=_HALO,
            zorder=5,
        )


def format_time(utime: int) -> str:
    """Return µs since the epoch as time of day in UTC."""
    return f"{datetime.fromtimestamp(utime / 1e6, UTC):%H:%M:%S}"


def draw_scale_bar(axes: Axes, box: Box, *, left: bool) -> None:
    """Draw a bar of a round length in the lower left or right corner."""
    west, east, south, north = box
    a_degree = METRES_A_DEGREE * longitude_scale(box)
    metres = _round_length((east - west) * a_degree / 4)
    length, margin = metres / a_degree, 0.03 * (east - west)
    begin = west + margin if left else east - margin - length
    low, tick = south + 0.05 * (north - south), 0.012 * (north - south)
    ends = [begin, begin, begin + length, begin + length]
    axes.plot(ends, [low + tick, low, low, low + tick], color=INK, linewidth=1.4, zorder=4)
    label = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"  # noqa: PLR2004 metres in a kilometre
    axes.text(begin + length / 2, low + 1.6 * tick, label, ha="center", va="bottom", path_effects=_HALO, zorder=4)


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2, 5, 10 … not above `metres`."""
    power = 10.0 ** floor(log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres or step == 1)


def draw_north_arrow(axes: Axes, *, left: bool) -> None:
    """Draw an arrow to the north in the upper left or right corner."""
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    place: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "zorder": 4}
    tip = (0.035 if left else 0.965, 0.98)
    axes.annotate("N", tip, xytext=(0, -30), ha="center", va="center", arrowprops=arrow, **place)


def is_left_emptier(points: list[Point], box: Box, *, top: bool) -> bool:
    """Return True if fewer points lie in the left corner, at the top or the bottom, than in the right one."""
    west, east, south, north = box
    within = [
        (longitude - west) / (east - west)
        for _, (latitude, longitude) in points
        if ((latitude - south) / (north - south) > 0.75 if top else (latitude - south) / (north - south) < 0.25)  # noqa: PLR2004 a corner is a quarter
    ]
    return sum(across < 0.3 for across in within) <= sum(across > 0.7 for across in within)  # noqa: PLR2004


def draw_time_legend(figure: Figure, axes: Axes, times: Normalize) -> None:
    """Draw the legend of the colours: times in UTC."""
    bar = figure.colorbar(ScalarMappable(times, CMAP), ax=axes, fraction=0.03, pad=0.02, aspect=32)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue] a Spine, which the stubs make a method
    low, high = float(times.vmin or 0), float(times.vmax or 0)
    bar.set_ticks([low + (high - low) * part / 4 for part in range(5)])
    shape = "%H:%M:%S" if high - low < _MINUTES else "%H:%M" if high - low < _DAY else "%m-%d %H:%M"
    bar.ax.yaxis.set_major_formatter(
        FuncFormatter(lambda seconds, _: f"{datetime.fromtimestamp(seconds, UTC):{shape}}")
    )
    bar.set_label("Time, UTC")
    bar.ax.tick_params(length=0)
