"""Log entries: their format, and which are mailed."""

import json
import re

import pytest

from infra.gcp.guard_function.sluice_guard import log
from infra.gcp.guard_function.sluice_guard.log import Event, log_event

MAILED = {
    "now": {"scaled-to-zero", "scaling-to-zero"},
    "daily": {"above-share", "time-is-up", "unreadable", "wrong-currency", "unfinished", "failed", "rights-missing"},
    "sleep": {"asleep", "deletion-announced", "deletion-begun", "deletion-cancelled", "deleted"},
}


@pytest.mark.parametrize(
    ("filter_", "how"), [(log.MAIL_NOW, "now"), (log.MAIL_DAILY, "daily"), (log.MAIL_SLEEP, "sleep")]
)
def test_the_filter_finds_the_entries_that_are_mailed(
    filter_: str, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    condition = re.fullmatch(r'resource\.type="cloud_run_revision" AND jsonPayload\.(\w+)="(\w+)"', filter_)
    assert condition
    for event in Event:
        log_event(event, "said")
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {entry[log.FIELD] for entry in entries if entry.get(condition[1]) == condition[2]}
    assert found == MAILED[how]


def test_an_entry_is_one_line_that_cloud_logging_reads(capsys: pytest.CaptureFixture[str]) -> None:
    log_event(Event.FAILED, "two\nlines, 5 €")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "severity": "ERROR",
        "message": "two\nlines, 5 €",
        "sluice_guard": "failed",
        "sluice_guard_mail": "daily",
    }
