"""Differences between a table and its script."""

import pytest

from sluice.local.table_drift import Table, compare_table

EXPECTED = Table(
    columns={"id": ("bigint", "NO", None, ""), "track": ("double", "YES", None, "")}, keys={"PRIMARY": (0, "id")}
)


@pytest.mark.parametrize(
    ("actual", "differences"),
    [
        (EXPECTED, []),
        (Table(columns={**EXPECTED.columns, "more": ("int", "YES", None, "")}, keys=EXPECTED.keys), []),
        (Table(columns={"id": EXPECTED.columns["id"]}, keys=EXPECTED.keys), ["no column track"]),
        (
            Table(columns={**EXPECTED.columns, "track": ("float", "NO", "0", "")}, keys={}),
            ["the column track is float NOT NULL DEFAULT 0 and not double", "no index PRIMARY"],
        ),
    ],
    ids=["the same", "with more columns", "with fewer", "with others"],
)
def test_a_table_that_differs_from_its_script_is_reported(actual: Table, differences: list[str]) -> None:
    assert list(compare_table(actual, EXPECTED)) == differences
