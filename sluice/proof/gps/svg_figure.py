"""matplotlib figures as SVG for an HTML page: small, with real text, ids unique in the page; their common style."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from html import escape
from io import StringIO
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1c2833"
QUIET = "#5b6770"
GRID = "#e3e7ea"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "sluice",
    "path.simplify": False,
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": "#aab4bb",
    "axes.labelcolor": QUIET,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": "#aab4bb",
    "ytick.color": "#aab4bb",
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def figure_style() -> Generator[None]:
    """Set the style of all figures; figures are made inside this `with`."""
    with rc_context(_STYLE):
        yield


def to_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """Return the figure as one `<svg>`; `name` is the prefix of its ids."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata=_NO_METADATA)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r'(\sid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    # The page sets the font.
    svg = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", svg)
    # A hundredth of a point is finer than any printer; the digits beyond it are half of the file.
    svg = re.sub(r' d="[^"]+"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path.group()), svg)
    opening = f'<svg role="img" aria-labelledby="{name}-t {name}-d" viewBox="{_view_box(svg)}">'
    words = f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
    return opening + words + svg[svg.index(">") + 1 :].replace("xlink:href", "href").replace("\n", " ")


def strip_frame(axes: Axes) -> None:
    """Remove the upper and right line of the frame."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=3)


def _view_box(svg: str) -> str:
    found = re.search(r'viewBox="([^"]+)"', svg)
    return found.group(1) if found else "0 0 1 1"
