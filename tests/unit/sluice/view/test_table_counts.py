"""Tests of how often tables are counted."""

import pytest

from sluice.view import store_status
from sluice.view.store_status import TableCounts, TableSize


def test_a_table_is_counted_again_when_a_hundred_times_as_long_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(store_status.time, "monotonic", lambda: now[0])
    counted: list[float] = []

    def count() -> TableSize:
        counted.append(now[0])
        now[0] += 0.5
        return TableSize(name="t", rows=len(counted), exact=True)

    counts = TableCounts(patience=100)
    assert counts.size("t", count).rows == 1
    now[0] += 49
    old = counts.size("t", count)
    assert (old.rows, old.age_seconds) == (1, 49)
    now[0] += 2
    assert counts.size("t", count).rows == 2
    assert counts.size("other", count).rows == 3


def test_without_patience_every_answer_is_counted() -> None:
    counts = TableCounts()
    numbers = iter(range(5))
    assert [counts.size("t", lambda: TableSize(name="t", rows=next(numbers), exact=True)).rows for _ in range(5)] == [
        *range(5)
    ]
