"""A page of HTML that needs nothing but itself: what every report has, whatever was compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from producer.runtime.terminal import escape_text
from sluice.proof.shared.outcome import Question, Verdict
from sluice.proof.shared.pipeline_versions import PipelineVersions
from sluice.proof.shared.sink_progress import SinkNames

FindingOf = TypeVar("FindingOf")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Evidence(Generic[FindingOf]):
    """Everything that a report shows."""

    question: Question
    verdict: Verdict
    finding: FindingOf
    surroundings: PipelineVersions
    made_at: datetime
    seconds: float
    """How long the proof took."""
    command: str
    """The command that made it, without secrets."""
    source_id: str = ""
    """Which source it is about, as producer.shared.output_files.source_id() names it."""


def render_page(
    template: str,
    evidence: Evidence[Any],
    *,
    sink_names: SinkNames,
    filters: Mapping[str, Callable[..., Any]],
    **values: Any,
) -> str:
    """The page that `template` makes of the evidence and of `values`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=escape_invisible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    common: dict[str, Any] = {"number": number, "utc": utc, "share": share}
    environment.filters.update(common | dict(filters))
    return environment.get_template(template).render(
        evidence=evidence,
        verdict=evidence.verdict,
        surroundings=evidence.surroundings,
        sink_names=sink_names,
        **values,
    )


def escape_invisible(value: object) -> object:
    """A value as the page shows it: escapes for what could not be seen. What is HTML already is left."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else escape_text(value)


def number(count: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{count:,}"


def utc(utime: int) -> str:
    """µs since the epoch as 2012-11-16 21:01:18.298235."""
    try:
        return f"{_EPOCH + timedelta(microseconds=utime):%Y-%m-%d %H:%M:%S.%f}"
    except OverflowError:
        return "beyond the calendar"


def share(part: int, whole: int) -> str:
    """A part of a whole in percent; never 0 % or 100 % for what is not."""
    if not whole:
        return "0 %"
    percent = 100 * part / whole
    if 0 < part < whole:
        percent = min(max(percent, 0.01), 99.99)
    return f"{percent:.4g} %"
