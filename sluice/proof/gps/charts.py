"""Charts of altitude and speed over time, as SVG."""

from datetime import UTC, datetime

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from sluice.proof.gps.decimate import Plots, Segment
from sluice.proof.gps.svg_figure import QUIET, figure_style, strip_frame, to_svg

WIDTH, PANEL_HEIGHT = 7.4, 1.9
"""Inches."""
MAX_DRAWN = 1e100
"""Values are clipped to this: a log may have any double, but matplotlib cannot lay out an axis to the largest."""
_PANELS = (("altitude", "Altitude, m", "#2a5d8f"), ("speed", "Speed, m/s", "#a4522b"))


def draw_charts(plots: Plots, *, first_utime: int, last_utime: int) -> str:
    """Return altitude and speed of a log as SVG, one below the other, on one time axis; utimes in µs."""
    with figure_style():
        figure = Figure(figsize=(WIDTH, 2 * PANEL_HEIGHT), layout="constrained")
        panels = figure.subplots(2, 1, sharex=True)
        for axes, (name, label, color) in zip(panels, _PANELS, strict=True):
            _draw_panel(axes, getattr(plots, name), label=label, color=color)
        _time_axis(panels[-1], first_utime, last_utime)
        figure.align_ylabels(panels)
        description = f"{_describe('Altitude', plots.altitude, 'm')} {_describe('Speed', plots.speed, 'm/s')}"
        return to_svg(figure, name="charts", title="Altitude and speed over time", description=description)


def _draw_panel(axes: Axes, segments: list[Segment], *, label: str, color: str) -> None:
    for segment in segments:
        times = [_date(utime) for utime, _ in segment]
        values = [min(max(value, -MAX_DRAWN), MAX_DRAWN) for _, (value,) in segment]
        # A measurement with a gap on either side is drawn as a dot: it has no line.
        axes.plot(times, values, "." if len(segment) == 1 else "-", color=color, linewidth=1, markersize=3)
    if not segments:
        axes.text(0.5, 0.5, "null in every row", transform=axes.transAxes, ha="center", va="center", color=QUIET)
        axes.set_yticks([])
    axes.set_ylabel(label)
    axes.margins(y=0.08)
    strip_frame(axes)


def _time_axis(axes: Axes, first_utime: int, last_utime: int) -> None:
    # One row, or rows of the same instant, still need an axis with some length.
    margin = max(1_000_000, round(0.01 * (last_utime - first_utime)))
    axes.set_xlim(_date(first_utime - margin), _date(last_utime + margin))
    locator = AutoDateLocator(minticks=4, maxticks=9, tz=UTC)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    axes.set_xlabel("Time, UTC")


def _date(utime: int) -> float:
    return float(date2num(datetime.fromtimestamp(utime / 1e6, UTC)))


def _describe(name: str, segments: list[Segment], unit: str) -> str:
    values = [value for segment in segments for _, (value,) in segment]
    if not values:
        return f"{name} is null in every row."
    return f"{name} runs from {min(values):g} to {max(values):g} {unit}."
