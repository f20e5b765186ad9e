"""What a sink waits for, from the metadata of its committed offsets."""

from datetime import UTC, datetime, timedelta

import pytest

from sluice.sink_wait import CURRENT_FOR, SinkWait, find_wait

NOW = datetime(2026, 11, 27, 3, 0, 30, tzinfo=UTC)
FULL = "waits since 2026-11-27T01:00:00Z, still at 2026-11-27T03:00:20Z: Redis at h:1 cannot do it now: OOM: a b"
LATER = "waits since 2026-11-27T02:00:00Z, still at 2026-11-27T03:00:20Z: later"
REFUSED = "is refused since 2026-11-27T02:30:00Z, still at 2026-11-27T03:00:00Z: Access denied"


def test_the_first_wait_is_told_with_its_reason():
    assert find_wait(["", LATER, FULL], now=NOW) == SinkWait(
        since=datetime(2026, 11, 27, 1, tzinfo=UTC),
        reason="Redis at h:1 cannot do it now: OOM: a b",
        refused=False,
    )


def test_a_refusal_goes_first():
    wait = find_wait([FULL, REFUSED], now=NOW)
    assert wait
    assert wait.refused
    assert wait.sentence("mysql-sink", 1) == (
        "mysql-sink is refused since 2026-11-27 02:30:00 UTC, 1 record not written yet: Access denied"
    )


@pytest.mark.parametrize("text", ["", "somebody's own", FULL.replace("03:00:20Z", "25:00:20Z"), FULL.replace("Z", "")])
def test_other_metadata_is_no_wait(text: str):
    assert find_wait([text], now=NOW) is None


def test_text_that_is_not_renewed_is_of_a_task_that_has_ended():
    assert find_wait([FULL], now=NOW + CURRENT_FOR - timedelta(seconds=11))
    assert find_wait([FULL], now=NOW + CURRENT_FOR) is None
    assert find_wait([FULL], now=NOW - CURRENT_FOR - timedelta(seconds=10)) is None, "a clock that was set back"
