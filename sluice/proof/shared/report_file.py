"""Where a report goes: beside the reports on other sources, never over one."""

import html
import re
from pathlib import Path

from producer.runtime.exit_status import SluiceError
from producer.shared.output_files import UNKNOWN_SOURCE, free_path, replacing

DEFAULT_REPORT = "proof.html"
_BEGINNING = 1 << 16
_SOURCE = re.compile(r'<meta name="sluice-source" content="([^"]*)">')
_OLDER = re.compile(r"<title>(?:P|No p)roof: ")
"""Reports of older versions, which do not say their source."""


def source_of_page(text: str) -> str | None:
    """Return the source that a report says it is about; None where the text is no report."""
    found = _SOURCE.search(text)
    if found:
        return html.unescape(found[1])
    return UNKNOWN_SOURCE if _OLDER.search(text) else None


def report_path(wanted: Path, *, source: str) -> Path:
    """Return where the report on `source` goes: `wanted`, or x-2.html beside it where another source's report is.

    Raises SluiceError (USAGE) where a file that is no report was named.
    """
    return free_path(
        wanted, source=source, source_of=_source_of, named_by="-o" if wanted != Path(DEFAULT_REPORT) else None
    )


def write_report(text: str, wanted: Path) -> Path:
    """Write a report in one go to where it goes, which is returned; raises SluiceError where that cannot be done."""
    path = report_path(wanted, source=source_of_page(text[:_BEGINNING]) or UNKNOWN_SOURCE)
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
        return source_of_page(file.read(_BEGINNING))
