"""What the long tests of loads call flat, linear and left behind."""

import pytest

from tests.faults.load.inventory import BOUNDS
from tests.faults.load.judgement import (
    MEBIBYTE,
    Bound,
    Sample,
    growths,
    is_flat,
    is_linear,
    left_behind,
    memory_figures,
    rates_by_tenth,
)
from tests.faults.load.part_result import FigureTable, PartResult, memory_table, not_flat


def samples(*mebibytes: int) -> list[Sample]:
    """Evenly over the work, from its beginning to its end."""
    last = len(mebibytes) - 1
    return [Sample(done=number / last, memory_bytes=one * MEBIBYTE) for number, one in enumerate(mebibytes)]


@pytest.mark.parametrize(
    ("at_marks", "flat"),
    [
        ((100, 400, 400), True),  # a heap that fills in the first half
        ((100, 400, 470), True),  # a tenth and 32 MiB: the noise of a collector
        ((400, 400, 480), False),
        ((100, 500, 900), False),
        ((900, 500, 100), True),
        ((10, 20, 51), True),
        ((10, 20, 60), False),
    ],
)
def test_memory_is_flat_if_it_does_not_grow_in_the_second_half(at_marks: tuple[int, ...], flat: bool) -> None:
    assert is_flat([one * MEBIBYTE for one in at_marks]) is flat


def test_memory_is_read_at_the_samples_nearest_to_the_marks() -> None:
    figures = memory_figures("kafka", samples(1, 2, 3, 4, 5, 6, 7, 8, 90, 10, 11))
    assert figures is not None
    assert [one // MEBIBYTE for one in figures.at_marks] == [2, 6, 10]
    assert figures.most == 90 * MEBIBYTE
    assert figures.flat is True
    assert memory_figures("gone", []) is None


def test_a_process_whose_memory_grows_is_found_and_one_that_holds_the_data_is_not() -> None:
    growing = memory_figures("proof", samples(*range(0, 1100, 100)))
    holding = memory_figures("redis", samples(*range(0, 1100, 100)), judged=False)
    assert growing is not None
    assert holding is not None
    assert not_flat("loaded", [growing, holding]) == ["loaded: memory of proof is not flat: 100 → 500 → 900 MiB"]
    assert [row[-1] for row in memory_table("loaded", [growing, holding]).rows] == ["no", "holds the data"]


@pytest.mark.parametrize(("heap", "flat"), [(0, False), (500, False), (768, True)])
def test_a_jvm_may_grow_to_the_limit_of_its_heap(heap: int, flat: bool) -> None:
    figures = memory_figures("connect-1", samples(*range(0, 1100, 100)), heap_limit=heap * MEBIBYTE)
    assert figures is not None
    assert figures.flat is flat


def test_the_rate_of_each_tenth_is_interpolated() -> None:
    steady = rates_by_tenth([(0.0, 0.0), (5.0, 0.5), (10.0, 1.0)], amount=1000)
    assert steady == pytest.approx([100.0] * 10)
    assert is_linear(steady)
    assert rates_by_tenth([(0.0, 0.0), (5.0, 0.5)], amount=1000) == ()


def test_work_that_slows_down_is_not_linear() -> None:
    quadratic = [(share * share * 100, share) for share in (number / 100 for number in range(101))]
    assert not is_linear(rates_by_tenth(quadratic, amount=1000))
    slow_start = [(0.0, 0.0), (30.0, 0.1), (120.0, 1.0)]
    assert is_linear(rates_by_tenth(slow_start, amount=1000))
    assert not is_linear(())


def test_what_grows_beyond_its_bound_is_left_behind() -> None:
    bounds = {"threads of": Bound(allowed=2, why="pools"), "threads of kafka": Bound(allowed=5, why="more")}
    before = {"topics": 14, "threads of mysql": 10, "threads of kafka": 90, "files in tmp": 0}
    after = {"topics": 14, "threads of mysql": 12, "threads of kafka": 95, "consumer groups": 1}
    found = growths([before, after], bounds)
    assert {one.name: one.grown for one in found} == {
        "consumer groups": 1,
        "files in tmp": 0,
        "threads of kafka": 5,
        "threads of mysql": 2,
        "topics": 0,
    }
    assert left_behind(found) == ["consumer groups: 0 at first, 1 at the end; 0 more allowed"]


def test_nothing_may_stay_of_what_has_no_bound_of_its_own() -> None:
    (files,) = growths([{"files in work": 2}, {"files in work": 3}], BOUNDS)
    assert files.is_left_behind
    (memory,) = growths([{"memory of kafka": 0}, {"memory of kafka": 100 * MEBIBYTE}], BOUNDS)
    assert not memory.is_left_behind


def test_a_table_takes_the_place_of_the_one_with_its_title() -> None:
    result = PartResult(part="rows")
    for value in (1, 2):
        result.replace_table(FigureTable(title="time", columns=("s",), rows=((value,),)))
    assert result.as_json()["tables"] == [{"title": "time", "rows": [{"s": 2}]}]
