"""The price table (prices.yaml): each price with its region, unit, date and source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import yaml

HOURS_PER_MONTH = 730
"""As Google's own calculator counts them."""
GLOBAL = "global"
"""Region of a price that is the same everywhere."""
PRICES_FILE = Path(__file__).with_name("prices.yaml")
_PER_MONTH = {"hour": HOURS_PER_MONTH, "GiB-hour": HOURS_PER_MONTH}
"""Factor from a price of this unit to a price per month."""


@dataclass(frozen=True, kw_only=True)
class Sku:
    """Identifies a price in the Cloud Billing catalogue."""

    service: str
    description: str
    """Beginning of the SKU's description; the name of a region may follow."""
    usage: str


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for one `unit`. `free` units per month cost nothing; `later` describes an announced change."""

    name: str
    region: str
    unit: str
    dollars: Decimal
    free: Decimal
    read: date
    source: str
    sku: Sku | None
    later: str = ""

    @property
    def dollars_per_month(self) -> Decimal:
        """Dollars for one unit used all month; for units without a time, dollars for one unit."""
        return self.dollars * _PER_MONTH.get(self.unit, 1)

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Self:
        """Parse an entry of prices.yaml; raises KeyError for a missing required field."""
        sku = entry.get("sku")
        return cls(
            name=entry["name"],
            region=entry["region"],
            unit=entry["unit"],
            dollars=Decimal(str(entry["price"])),
            free=Decimal(str(entry.get("free", 0))),
            read=entry["date"],
            source=entry["source"],
            sku=Sku(service=entry["service"], description=sku, usage=entry["usage"]) if sku else None,
            later=entry.get("later", ""),
        )


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Prices by name and region."""

    entries: tuple[Price, ...]

    @classmethod
    def load(cls, path: Path = PRICES_FILE) -> Self:
        """Read the price table of the repository, or of another file."""
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(entries=tuple(Price.from_entry(entry) for entry in table["prices"]))

    def get(self, name: str, region: str) -> Price | None:
        """Return the price in a region; None where the table has none."""
        return next((price for price in self.entries if price.name == name and price.region in (region, GLOBAL)), None)

    def has_region(self, region: str) -> bool:
        """Whether the table has prices of this region, beyond the global ones."""
        return any(price.region == region for price in self.entries)

    def regions(self) -> tuple[str, ...]:
        """Return the regions with prices, sorted; no multi-region such as `us`, where no cluster can be."""
        return tuple(sorted({price.region for price in self.entries if _is_single_region(price.region)}))

    def in_region(self, region: str) -> Iterable[Price]:
        """Yield every entry with `region` in place of its own, to look it up in the catalogue: its amount is not valid.

        Entries of a multi-region are left out: the table has one of a single region beside each.
        """
        for price in self.entries:
            if price.region == GLOBAL:
                yield price
            elif _is_single_region(price.region):
                yield replace(price, region=region)


def _is_single_region(region: str) -> bool:
    """Whether it is a region such as us-central1, and neither `us` nor `global`."""
    return "-" in region
