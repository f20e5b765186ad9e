"""The report: one page of HTML that needs nothing but itself."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from exits import SluiceError
from proof.charts import draw_charts
from proof.compare import Value
from proof.map import draw_map
from proof.prove import Finding
from proof.surroundings import Surroundings
from proof.table import TABLE
from proof.verdict import Question, Verdict

TEMPLATE = "report.html.j2"
ROW_SHOWN = 160
"""Bytes of a rejected row that are shown."""
FIX_MODES = {0: "not seen yet", 1: "no fix", 2: "longitude and latitude", 3: "altitude too"}
UNITS = {"latitude": "rad", "longitude": "rad", "altitude": "m", "track": "degrees", "speed": "m/s"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that a report shows."""

    question: Question
    verdict: Verdict
    finding: Finding
    surroundings: Surroundings
    made_at: datetime
    seconds: float
    """How long the proof took."""
    command: str
    """The command that made it, without secrets."""


def render(evidence: Evidence) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {"number": number, "utc": utc, "value": value, "share": share, "row": shown_row}
    environment.filters.update(filters)
    source, plots = evidence.finding.source, evidence.finding.plots
    charts = None
    if source.first_utime is not None and source.last_utime is not None:
        charts = draw_charts(plots, first_utime=source.first_utime, last_utime=source.last_utime)
    return environment.get_template(TEMPLATE).render(
        evidence=evidence,
        verdict=evidence.verdict,
        source=source,
        comparison=evidence.finding.comparison,
        sink=evidence.finding.sink,
        plots=plots,
        surroundings=evidence.surroundings,
        map=_inline(draw_map(plots.track)),
        charts=_inline(charts),
        table=TABLE,
        fix_mode_names=FIX_MODES,
        units=UNITS,
    )


def write_report(evidence: Evidence, path: Path) -> None:
    """Write the page to `path` in one go; raises SluiceError where that cannot be done."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(render(evidence), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise SluiceError(
            f"the report cannot be written to {path}: {error.strerror}; choose another with -o"
        ) from error


def number(count: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{count:,}"


def utc(utime: int) -> str:
    """µs since the epoch as 2012-11-16 21:01:18.298235."""
    try:
        return f"{_EPOCH + timedelta(microseconds=utime):%Y-%m-%d %H:%M:%S.%f}"
    except OverflowError:
        return "beyond the calendar"


def value(item: Value) -> str:
    """A field as exactly as it is compared: every digit that tells a double from its neighbours."""
    return "null" if item is None else repr(item)


def share(part: int, whole: int) -> str:
    """A part of a whole in percent; never 0 % or 100 % for what is not."""
    if not whole:
        return "0 %"
    percent = 100 * part / whole
    if 0 < part < whole:
        percent = min(max(percent, 0.01), 99.99)
    return f"{percent:.4g} %"


def shown_row(row: bytes) -> str:
    """A rejected row as text, cut where it is long."""
    text = row[:ROW_SHOWN].decode("utf-8", "backslashreplace")
    return text + (" …" if len(row) > ROW_SHOWN else "")


def _inline(svg: str | None) -> Markup | None:
    # Made here from numbers, its words escaped: the one thing in the page that is not escaped again.
    return None if svg is None else Markup(svg)  # noqa: S704
