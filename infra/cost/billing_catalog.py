"""Current prices from the Cloud Billing catalogue, in place of those of the price table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from infra.cost.price_table import GLOBAL, HOURS_PER_MONTH, Price, Prices, Sku
from infra.gcp.google_api import Google

_SERVICE = "cloudbilling"
_UNIT_FACTORS: Mapping[tuple[str, str], Decimal] = {
    ("hour", "h"): Decimal(1),
    ("GiB-hour", "GiBy.h"): Decimal(1),
    ("GiB-hour", "GiBy.mo"): 1 / Decimal(HOURS_PER_MONTH),
    ("GiB-month", "GiBy.mo"): Decimal(1),
    ("GiB-month", "GiBy.h"): Decimal(HOURS_PER_MONTH),
    ("GiB", "GiBy"): Decimal(1),
    ("million samples", "count"): Decimal(1_000_000),
}
"""By (the table's unit, the catalogue's): the factor from the catalogue's unit price to the table's."""


@dataclass(frozen=True, kw_only=True)
class CatalogPrices:
    """Prices of one region as of today; `from_table` and `unknown` name those that the catalogue does not have."""

    prices: Prices
    from_table: tuple[str, ...]
    """Kept from the price table: no SKU of the catalogue matches for certain."""
    unknown: tuple[str, ...]
    """In neither the catalogue nor the table."""


def fetch_prices(google: Google, table: Prices, *, region: str, today: date) -> CatalogPrices:
    """Look up every price of the table for `region` in the catalogue; raises ApiError."""
    wanted = {price.name: price for price in table.in_region(region)}
    services = dict.fromkeys(price.sku.service for price in wanted.values() if price.sku)
    skus = {service: list(_skus(google, service)) for service in services}
    prices: dict[str, Price] = {}
    from_table: list[str] = []
    unknown: list[str] = []
    for name, price in wanted.items():
        dollars = _dollars(price, price.sku, skus[price.sku.service]) if price.sku else None
        if dollars is not None:
            prices[name] = replace(price, dollars=dollars, read=today, source="the Cloud Billing catalogue")
        elif known := table.get(name, region):
            prices[name] = known
            from_table.append(name)
        else:
            unknown.append(name)
    return CatalogPrices(
        prices=Prices(entries=tuple(prices.values())), from_table=tuple(from_table), unknown=tuple(unknown)
    )


def _skus(google: Google, service: str) -> Iterable[dict[str, Any]]:
    path = f"v1/services/{service}/skus"
    for page in google.pages(_SERVICE, path, currencyCode="USD", pageSize="5000"):
        yield from page.get("skus", [])


def _dollars(price: Price, wanted: Sku, skus: Iterable[dict[str, Any]]) -> Decimal | None:
    """Return the price that all matching SKUs agree on; None where none matches, or they differ."""
    name = re.compile(rf"{re.escape(wanted.description)}( (running )?in .+)?", re.IGNORECASE)
    amounts = {
        _unit_price(sku, price.unit)
        for sku in skus
        if name.fullmatch(sku.get("description", ""))
        and sku.get("category", {}).get("usageType") == wanted.usage
        and _is_offered_in(sku, price.region)
    }
    return amounts.pop() if len(amounts) == 1 else None


def _is_offered_in(sku: Mapping[str, Any], region: str) -> bool:
    regions = sku.get("serviceRegions", [])
    return region in regions or GLOBAL in regions or region == GLOBAL


def _unit_price(sku: Mapping[str, Any], unit: str) -> Decimal | None:
    """Return dollars for one `unit` of the table.

    It is the first tier that is not free: the free amount is in the table. None for a unit that does not convert.
    """
    try:
        expression = sku["pricingInfo"][-1]["pricingExpression"]
        factor = _UNIT_FACTORS[unit, expression["usageUnit"]]
        rates = [_parse_money(rate["unitPrice"]) for rate in expression["tieredRates"]]
    except (KeyError, IndexError):
        return None
    return next((rate * factor for rate in rates if rate), Decimal(0) if rates else None)


def _parse_money(price: Mapping[str, Any]) -> Decimal:
    """Parse a google.type.Money."""
    return Decimal(price.get("units", "0") or "0") + Decimal(price.get("nanos", 0)) / 1_000_000_000
