"""Tests of values as the page shows them."""

import json
import math
from typing import Any

import pytest

from sluice.console.shown_value import BRIEF, WHOLE, Limits, shown_text, shown_value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (0.5, 0.5),
        ("text", "text"),
        ("\x1b[31m\u202e\udcff", r"\x1b[31m\u202e\xff"),
        ("<script>", "<script>"),
        (2**63, "9223372036854775808"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        ({"a\n": ["\x07"]}, {r"a\n": [r"\x07"]}),
        ({}, {}),
    ],
)
def test_values_are_escaped_and_exact(value: Any, shown: Any):
    found = shown_value(value, WHOLE)
    assert found == shown
    assert json.loads(json.dumps(found, allow_nan=False)) == shown


def test_megabytes_become_a_line():
    assert shown_value("x" * 5_000_000, BRIEF) == "x" * BRIEF.characters + "… (5,000,000 characters)"
    assert len(shown_text("x" * 5_000_000, WHOLE)) < 70_000


def test_what_is_left_out_is_said():
    few = Limits(characters=10, items=2, depth=2)
    assert shown_value({"a": 1, "b": 2, "c": 3, "d": 4}, few) == {"a": 1, "b": 2, "…": "2 more fields"}
    assert shown_value([1, 2, 3], few) == [1, 2, "1 more items"]
    assert shown_value({"a": {"b": {"c": 1}}}, few) == {"a": {"b": "…"}}


def test_a_value_of_any_depth_is_shown():
    deep: Any = "end"
    for _ in range(900):
        deep = [deep]
    assert "…" in json.dumps(shown_value(deep, WHOLE), ensure_ascii=False)
