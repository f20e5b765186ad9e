"""The price table: what one of a thing costs, since when, and who says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import yaml

HOURS = 730
"""Hours of a month, as Google's own calculator counts them."""
ANYWHERE = "global"
TABLE = Path(__file__).with_name("prices.yaml")
_A_MONTH = {"hour": HOURS, "GiB-hour": HOURS}


@dataclass(frozen=True, kw_only=True)
class Sku:
    """Where the Cloud Billing catalogue has a price."""

    service: str
    description: str
    """How the SKU's description begins; a place may follow."""
    usage: str


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for one `unit`; `free` units a month cost nothing. `later` is what is to come, as far as is known."""

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
    def a_month(self) -> Decimal:
        """Dollars a month for one that is there all the time, or for one unit where time plays no part."""
        return self.dollars * _A_MONTH.get(self.unit, 1)

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        """One entry of prices.yaml; raises KeyError where it lacks what each must have."""
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
    def load(cls, path: Path = TABLE) -> Self:
        """The table of the repository."""
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(entries=tuple(Price.of(entry) for entry in found["prices"]))

    def of(self, name: str, region: str) -> Price | None:
        """The price in a region; None where the table has none."""
        return next(
            (price for price in self.entries if price.name == name and price.region in (region, ANYWHERE)), None
        )

    def has(self, region: str) -> bool:
        """Whether anything is known of this very region."""
        return any(price.region == region for price in self.entries)

    def regions(self) -> tuple[str, ...]:
        """The regions that the table has prices of; several at once, as `us`, are none that a cluster could be in."""
        return tuple(sorted({price.region for price in self.entries if _is_one(price.region)}))

    def elsewhere(self, region: str) -> Iterable[Price]:
        """Every price as it would be asked for in a region, with no amount that can be relied on: for the catalogue.

        Not those of several regions at once: there are prices of one beside them.
        """
        for price in self.entries:
            if price.region == ANYWHERE:
                yield price
            elif _is_one(price.region):
                yield replace(price, region=region)


def _is_one(region: str) -> bool:
    """Whether it is a region, such as us-central1, and neither `us` nor `global`."""
    return "-" in region
