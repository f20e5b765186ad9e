"""Values of records as the page shows them: cut to a size, unsafe characters escaped."""

from dataclasses import dataclass
from typing import Any

from producer.runtime.terminal import escape_line, escape_text

_EXACT = 2**53
"""Integers beyond are no numbers of JavaScript."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a value is shown."""

    characters: int
    """Of each text."""
    items: int
    """Of each list, and fields of each record."""
    depth: int
    """Levels of records and lists within each other."""


BRIEF = Limits(characters=160, items=24, depth=4)
WHOLE = Limits(characters=64 * 1024, items=2000, depth=50)
"""What is called one message whole: all but what no page can show."""


def shown_value(value: Any, limits: Limits) -> Any:
    """Return a decoded value with what is left out named; also a whole number is text where JavaScript would round."""
    return _shown(value, limits, limits.depth)


def shown_text(text: str, limits: Limits) -> str:
    """Return a text, cut, with unsafe characters escaped."""
    if len(text) <= limits.characters:
        return escape_text(text)
    return f"{escape_text(text[: limits.characters])}… ({len(text):,} characters)"


def _shown(value: Any, limits: Limits, depth: int) -> Any:
    match value:
        case dict() | list() if value and depth == 0:
            return "…"
        case dict():
            return _shown_fields(value, limits, depth)
        case list():
            shown = [_shown(part, limits, depth - 1) for part in value[: limits.items]]
            return [*shown, *_left_out(len(value) - len(shown), "items").values()]
        case str():
            return shown_text(value, limits)
        case _:
            return value if _is_plain(value) else str(value)


def _is_plain(value: Any) -> bool:
    """Return whether JSON and JavaScript have exactly this value; neither has infinities and NaN."""
    return value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < _EXACT)


def _shown_fields(value: dict[str, Any], limits: Limits, depth: int) -> dict[str, Any]:
    fields = list(value.items())[: limits.items]
    shown = {escape_line(shown_text(str(name), BRIEF)): _shown(part, limits, depth - 1) for name, part in fields}
    return shown | _left_out(len(value) - len(fields), "fields")


def _left_out(count: int, what: str) -> dict[str, str]:
    return {"…": f"{count:,} more {what}"} if count else {}
