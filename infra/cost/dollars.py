"""Amounts of dollars, as a person reads them."""

from decimal import Decimal


def span(low: Decimal, high: Decimal, *, between: str = "–", sign: str = "") -> str:
    """Two amounts, as 1.61–3.22, or one where both look alike; tenths of a cent where all is less than a dollar."""
    digits = 3 if 0 < max(abs(low), abs(high)) < 1 else 2
    first, last = (_amount(amount, digits, sign) for amount in (low, high))
    return first if first == last else f"{first}{between}{last}"


def _amount(amount: Decimal, digits: int, sign: str) -> str:
    rounded = round(amount, digits)
    return f"{'-' if rounded < 0 else ''}{sign}{abs(rounded):.{digits}f}"


def exact(amount: Decimal) -> str:
    """All of a price, with cents at least: 0.10, and 0.0014."""
    return f"{amount:f}" if amount != round(amount, 2) else f"{amount:.2f}"


def dollars(low: Decimal, high: Decimal) -> str:
    """The same for a sentence: $1.61 to $3.22."""
    return span(low, high, between=" to ", sign="$")
