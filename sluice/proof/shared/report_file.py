"""File of a proof report: chooses its path, never that of a report on another source, and writes it."""

import html
import re
from pathlib import Path

from producer.runtime.exit_status import SluiceError
from producer.shared.output_files import UNKNOWN_SOURCE, free_path, replacing

DEFAULT_REPORT = "proof.html"
_HEAD_BYTES = 1 << 16
_SOURCE_TAG = re.compile(r'<meta name="sluice-source" content="([^"]*)">')
_OLD_TITLE = re.compile(r"<title>(?:P|No p)roof: ")
"""Reports of older versions, which do not name their source."""


def source_of_page(text: str) -> str | None:
    """Return the identity of the source that a report names; None where the text is no report."""
    match = _SOURCE_TAG.search(text)
    if match:
        return html.unescape(match[1])
    return UNKNOWN_SOURCE if _OLD_TITLE.search(text) else None


def report_path(wanted: Path, *, source: str) -> Path:
    """Return the path of the report on `source`: `wanted`, or x-2.html beside it where another source's report is.

    Raises SluiceError (USAGE) where a file that is no report was named.
    """
    return free_path(
        wanted, source=source, source_of=_source_of, named_by="-o" if wanted != Path(DEFAULT_REPORT) else None
    )


def write_report(text: str, wanted: Path) -> Path:
    """Write a report, whole or not at all, and return its path; raises SluiceError where it cannot be written."""
    path = report_path(wanted, source=source_of_page(text[:_HEAD_BYTES]) or UNKNOWN_SOURCE)
    try:
        with replacing(path) as file:
            file.write(text.encode(errors="backslashreplace"))
    except OSError as error:
        raise SluiceError(
            f"the report cannot be written to {path}: {error.strerror}; choose another with -o"
        ) from error
    return path


def _source_of(path: Path) -> str | None:
    with path.open(encoding="utf-8", errors="replace") as file:
        return source_of_page(file.read(_HEAD_BYTES))
