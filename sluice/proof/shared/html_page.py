"""HTML page of a proof report: one file without links, rendered from a template; filters for both reports."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from producer.runtime.terminal import escape_text
from sluice.proof.shared.proof_report import ProofReport
from sluice.proof.shared.sink_progress import SinkNames

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render_page(
    template: str,
    proof: ProofReport[Any],
    *,
    sink_names: SinkNames,
    filters: Mapping[str, Callable[..., Any]],
    **values: Any,
) -> str:
    """Render `template` with the report's contents and `values`; returns HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=escape_invisible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    common: dict[str, Any] = {"number": format_number, "utc": format_utc, "share": format_share}
    environment.filters.update(common | dict(filters))
    return environment.get_template(template).render(
        proof=proof,
        verdict=proof.verdict,
        pipeline=proof.pipeline,
        sink_names=sink_names,
        **values,
    )


def escape_invisible(value: object) -> object:
    """Return a value for the page: text with escapes for invisible characters, HTML unchanged."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else escape_text(value)


def format_number(count: int) -> str:
    """Return a whole number with thousands separators."""
    return f"{count:,}"


def format_utc(utime: int) -> str:
    """Return µs since the epoch as 2012-11-16 21:01:18.298235."""
    try:
        return f"{_EPOCH + timedelta(microseconds=utime):%Y-%m-%d %H:%M:%S.%f}"
    except OverflowError:
        return "beyond the calendar"


def format_share(part: int, whole: int) -> str:
    """Return part / whole in percent: 0 % and 100 % only where exact."""
    if not whole:
        return "0 %"
    percent = 100 * part / whole
    if 0 < part < whole:
        percent = min(max(percent, 0.01), 99.99)
    return f"{percent:.4g} %"
