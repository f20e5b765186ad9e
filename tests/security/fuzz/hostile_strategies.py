"""Hypothesis strategies for hostile bytes and JSON: odd texts and numbers, deep nesting, cut and changed data."""

import json
from typing import Any

from hypothesis import strategies as st

ODD_TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ud800",
        "\udcff",
        "\U0001f600",
        "\u202e",
        "é",
        "\r\n",
        "\x1b[31m",
        "../../x",
    ),
    *("NaN", "-1", "1e999", "9" * 5_000, "0x10", "true", "null", "x" * 9_000, "%s%n", "${env:HOME}", "{{7*7}}"),
    *("2026-13-32", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00+23:59", "::", "[::1"),
)
ODD_NUMBERS = (0, -0.0, -1, 2**31, 2**63, 2**64, 10**400, -(10**400), 1e308, 1e-320, float("nan"), float("inf"))
texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=20)
scalars = st.none() | st.booleans() | st.sampled_from(ODD_NUMBERS) | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
"""JSON types of any shape."""


def replaced(value: Any, draw: st.DrawFn) -> Any:
    """Return JSON types like `value`, with one part of it missing or replaced by anything."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        rest = {other: part for other, part in value.items() if other != name}
        return rest if draw(st.integers(0, 3)) == 0 else {**rest, name: replaced(value[name], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], replaced(value[at], draw), *value[at + 1 :]]
    return draw(values)


@st.composite
def like(draw: st.DrawFn, sample: Any) -> Any:
    """JSON types like `sample`, with up to three parts of it missing or replaced."""
    value = sample
    for _ in range(draw(st.integers(0, 3))):
        value = replaced(value, draw)
    return value


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Bytes like `data`: cut, some bytes changed, a piece repeated or put in."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(changed) - 1)))
        match draw(st.sampled_from(["change", "change", "insert", "repeat", "cut"])):
            case "change" if changed:
                changed[at] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF]) | st.integers(0, 255))
            case "insert":
                changed[at:at] = draw(st.binary(max_size=12))
            case "repeat":
                changed[at:at] = changed[at : at + 40] * draw(st.integers(1, 3))
            case _:
                del changed[at:]
    return bytes(changed)


def damaged_json(sample: Any) -> st.SearchStrategy[bytes]:
    """Documents of JSON like `sample`: parts replaced, text damaged, deeply nested, HTML, nothing."""
    whole = like(sample).map(to_bytes)
    return st.one_of(
        whole,
        whole.flatmap(damaged),
        st.sampled_from([b"", b"<html><body>502 Bad Gateway</body></html>", b"[" * 100_000, b'{"a":' * 100_000]),
        st.binary(max_size=50),
    )


def to_bytes(value: Any) -> bytes:
    """Return JSON types as a document, as a careless program writes it: NaN, halves of characters."""
    return json.dumps(value, ensure_ascii=True).encode()
