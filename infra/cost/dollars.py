"""Amounts of US dollars, formatted for display."""

from decimal import Decimal


def format_range(low: Decimal, high: Decimal, *, between: str = "–", sign: str = "") -> str:
    """Format as 1.61–3.22, or as one amount where both round to the same; three digits if both are below a dollar."""
    digits = 3 if 0 < max(abs(low), abs(high)) < 1 else 2
    first, last = (_format(amount, digits, sign) for amount in (low, high))
    return first if first == last else f"{first}{between}{last}"


def _format(amount: Decimal, digits: int, sign: str) -> str:
    rounded = round(amount, digits)
    return f"{'-' if rounded < 0 else ''}{sign}{abs(rounded):.{digits}f}"


def format_price(amount: Decimal) -> str:
    """Format a price with all of its digits, at least two after the point: 0.10, 0.0014."""
    return f"{amount:f}" if amount != round(amount, 2) else f"{amount:.2f}"


def format_dollars(low: Decimal, high: Decimal) -> str:
    """Format a range for a sentence: $1.61 to $3.22."""
    return format_range(low, high, between=" to ", sign="$")
