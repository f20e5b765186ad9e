"""The report on rows."""

from markupsafe import Markup

from sluice.proof.gps.charts import draw_charts
from sluice.proof.gps.compare import Value
from sluice.proof.gps.prove import Finding
from sluice.proof.gps.table_rows import TABLE
from sluice.proof.gps.track_map import draw_map
from sluice.proof.shared.html_page import Evidence, render_page
from sluice.proof.shared.sink_progress import ROWS_SINK

TEMPLATE = "rows.html.j2"
ROW_SHOWN = 160
"""Bytes of a rejected row that are shown."""
FIX_MODES = {0: "not seen yet", 1: "no fix", 2: "longitude and latitude", 3: "altitude too"}
UNITS = {"latitude": "rad", "longitude": "rad", "altitude": "m", "track": "degrees", "speed": "m/s"}


def render(evidence: Evidence[Finding]) -> str:
    """The page."""
    source, plots = evidence.finding.source, evidence.finding.plots
    charts = None
    if source.first_utime is not None and source.last_utime is not None:
        charts = draw_charts(plots, first_utime=source.first_utime, last_utime=source.last_utime)
    return render_page(
        TEMPLATE,
        evidence,
        sink_names=ROWS_SINK,
        filters={"value": value, "row": shown_row},
        source=source,
        comparison=evidence.finding.comparison,
        sink=evidence.finding.sink,
        plots=plots,
        map=_inline(draw_map(plots.track)),
        charts=_inline(charts),
        table=TABLE,
        fix_mode_names=FIX_MODES,
        units=UNITS,
    )


def value(item: Value) -> str:
    """A field as exactly as it is compared: every digit that tells a double from its neighbours."""
    return "null" if item is None else repr(item)


def shown_row(row: bytes) -> str:
    """A rejected row as text, cut where it is long."""
    text = row[:ROW_SHOWN].decode("utf-8", "backslashreplace")
    return text + (" …" if len(row) > ROW_SHOWN else "")


def _inline(svg: str | None) -> Markup | None:
    # Made here from numbers, its words escaped: the one thing in the page that is not escaped again.
    return None if svg is None else Markup(svg)  # noqa: S704
