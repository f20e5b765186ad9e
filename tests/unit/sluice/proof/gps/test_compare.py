import math

import pytest

from sluice.proof.gps.compare import RowComparison, compare_rows
from sluice.proof.gps.table_rows import FIELDS, TableRow
from tests.unit.sluice.proof.gps.fake_table import fix, stored

FIXES = [fix(number) for number in range(6)]
ROWS = [stored(item) for item in FIXES]


def result(rows: list[TableRow], *, limit: int = 20) -> RowComparison:
    return compare_rows(FIXES, iter(rows), limit=limit, progress=lambda _: None)


def test_equal_rows_are_equal():
    comparison = result(ROWS)
    assert (comparison.compared, comparison.equal) == (6, 6)
    assert comparison.all_there
    assert not comparison.none_there


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "utime"])
def test_a_change_in_any_field_is_found(field: str):
    value = getattr(ROWS[2], field)
    wrong = math.nextafter(value, math.inf) if isinstance(value, float) else value + 1
    comparison = result([*ROWS[:2], ROWS[2]._replace(**{field: wrong}), *ROWS[3:]])
    assert (comparison.equal, comparison.different.count, comparison.fields) == (5, 1, {field: 1})
    (difference,) = comparison.different.first[0].differences
    assert (difference.field, difference.source, difference.table) == (field, value, wrong)


@pytest.mark.parametrize(("number", "table"), [(0, None), (1, 0.0), (1, 264.4)])
def test_null_equals_only_null(number: int, table: float | None):
    rows = [row._replace(altitude=table) if index == number else row for index, row in enumerate(ROWS)]
    comparison = result(rows)
    assert comparison.different.count == 1
    assert comparison.fields == {"altitude": 1}


def test_a_zero_that_lost_its_sign_is_equal_and_counted():
    items = [fix(1)._replace(latitude=-0.0, speed=0.0)]
    comparison = compare_rows(items, iter([stored(items[0])._replace(latitude=0.0)]), limit=20, progress=lambda _: None)
    assert (comparison.equal, comparison.signless_zeros) == (1, 1)


def test_a_text_of_the_same_digits_is_different():
    changed = ROWS[0]._replace(altitude="264.4")  # pyright: ignore[reportArgumentType] what a VARCHAR column gives
    assert result([changed, *ROWS[1:]]).fields == {"altitude": 1}


@pytest.mark.parametrize("gone", [0, 3, 5])
def test_a_missing_row_is_found_wherever_it_was(gone: int):
    comparison = result([row for index, row in enumerate(ROWS) if index != gone])
    assert (comparison.equal, comparison.missing.count) == (5, 1)
    assert comparison.missing.first == (FIXES[gone],)
    assert not comparison.all_there


@pytest.mark.parametrize("offset", [-1, 1, 700_000, 10_000_000])
def test_an_extra_row_is_found_wherever_it_is(offset: int):
    extra = ROWS[0]._replace(utime=ROWS[0].utime + offset)
    comparison = result(sorted([*ROWS, extra]))
    assert (comparison.equal, comparison.missing.count, comparison.extra.count) == (6, 0, 1)
    assert comparison.extra.first == (extra,)


def test_all_are_counted_and_only_so_many_listed():
    comparison = result([], limit=2)
    assert comparison.missing.count == 6
    assert comparison.missing.first == (FIXES[0], FIXES[1])
    assert comparison.none_there


def test_an_empty_comparison_is_neither_all_there_nor_none_there():
    comparison = compare_rows([], iter([]), limit=20, progress=lambda _: None)
    assert not comparison.all_there
    assert not comparison.none_there
