"""HTML report on a proof of rows."""

from markupsafe import Markup

from sluice.proof.gps.charts import draw_charts
from sluice.proof.gps.compare import Value
from sluice.proof.gps.prove import RowProofResult
from sluice.proof.gps.table_rows import TABLE
from sluice.proof.gps.track_map import draw_map
from sluice.proof.shared.html_page import ProofReport, render_page
from sluice.proof.shared.sink_progress import ROWS_SINK

TEMPLATE = "rows.html.j2"
SHOWN_ROW_BYTES = 160
"""Bytes of a rejected row that are shown."""
FIX_MODES = {0: "not seen yet", 1: "no fix", 2: "longitude and latitude", 3: "altitude too"}
UNITS = {"latitude": "rad", "longitude": "rad", "altitude": "m", "track": "degrees", "speed": "m/s"}


def render(proof: ProofReport[RowProofResult]) -> str:
    """Return the report as HTML."""
    source, plots = proof.result.source, proof.result.plots
    charts = None
    if source.first_utime is not None and source.last_utime is not None:
        charts = draw_charts(plots, first_utime=source.first_utime, last_utime=source.last_utime)
    return render_page(
        TEMPLATE,
        proof,
        sink_names=ROWS_SINK,
        filters={"value": format_value, "row": format_row},
        source=source,
        comparison=proof.result.comparison,
        sink=proof.result.sink,
        plots=plots,
        map=_inline(draw_map(plots.track)),
        charts=_inline(charts),
        table=TABLE,
        fix_mode_names=FIX_MODES,
        units=UNITS,
    )


def format_value(item: Value) -> str:
    """Return a field as exactly as it is compared: every digit that tells a double from its neighbours."""
    return "null" if item is None else repr(item)


def format_row(row: bytes) -> str:
    """Return a rejected row as text, truncated where it is long."""
    text = row[:SHOWN_ROW_BYTES].decode("utf-8", "backslashreplace")
    return text + (" …" if len(row) > SHOWN_ROW_BYTES else "")


def _inline(svg: str | None) -> Markup | None:
    # Drawn by this program, its text escaped: the only value of the page that is not escaped again.
    return None if svg is None else Markup(svg)  # noqa: S704
