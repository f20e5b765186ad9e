"""Prices from the Cloud Billing catalogue, in place of the table's."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from infra.cost.price_table import ANYWHERE, HOURS, Price, Prices, Sku
from infra.gcp.google_api import Google

_SERVICE = "cloudbilling"
_UNITS: Mapping[tuple[str, str], Decimal] = {
    ("hour", "h"): Decimal(1),
    ("GiB-hour", "GiBy.h"): Decimal(1),
    ("GiB-hour", "GiBy.mo"): 1 / Decimal(HOURS),
    ("GiB-month", "GiBy.mo"): Decimal(1),
    ("GiB-month", "GiBy.h"): Decimal(HOURS),
    ("GiB", "GiBy"): Decimal(1),
    ("million samples", "count"): Decimal(1_000_000),
}
"""How much of ours the catalogue's unit price is to be taken times, by our unit and the catalogue's."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """Prices of today, and which of them the catalogue did not have."""

    prices: Prices
    kept: tuple[str, ...]
    """From the table all the same: the catalogue has no SKU that is surely theirs."""
    lost: tuple[str, ...]
    """Known neither there nor in the table."""


def live(google: Google, table: Prices, *, region: str, today: date) -> Live:
    """The table's prices as the catalogue has them for a region; raises ApiError."""
    wanted = {price.name: price for price in table.elsewhere(region)}
    services = dict.fromkeys(price.sku.service for price in wanted.values() if price.sku)
    skus = {service: list(_skus(google, service)) for service in services}
    found: dict[str, Price] = {}
    kept: list[str] = []
    lost: list[str] = []
    for name, price in wanted.items():
        dollars = _dollars(price, price.sku, skus[price.sku.service]) if price.sku else None
        if dollars is not None:
            found[name] = replace(price, dollars=dollars, read=today, source="the Cloud Billing catalogue")
        elif known := table.of(name, region):
            found[name] = known
            kept.append(name)
        else:
            lost.append(name)
    return Live(prices=Prices(entries=tuple(found.values())), kept=tuple(kept), lost=tuple(lost))


def _skus(google: Google, service: str) -> Iterable[dict[str, Any]]:
    path = f"v1/services/{service}/skus"
    for page in google.pages(_SERVICE, path, currencyCode="USD", pageSize="5000"):
        yield from page.get("skus", [])


def _dollars(price: Price, wanted: Sku, skus: Iterable[dict[str, Any]]) -> Decimal | None:
    """The one price that all SKUs which fit agree on; None where there is none, or they differ."""
    name = re.compile(rf"{re.escape(wanted.description)}( (running )?in .+)?", re.IGNORECASE)
    amounts = {
        _amount(sku, price.unit)
        for sku in skus
        if name.fullmatch(sku.get("description", ""))
        and sku.get("category", {}).get("usageType") == wanted.usage
        and _there(sku, price.region)
    }
    return amounts.pop() if len(amounts) == 1 else None


def _there(sku: Mapping[str, Any], region: str) -> bool:
    regions = sku.get("serviceRegions", [])
    return region in regions or ANYWHERE in regions or region == ANYWHERE


def _amount(sku: Mapping[str, Any], unit: str) -> Decimal | None:
    """Dollars for one of our units; the first that is not free, as the table tells what is."""
    try:
        expression = sku["pricingInfo"][-1]["pricingExpression"]
        factor = _UNITS[unit, expression["usageUnit"]]
        rates = [_money(rate["unitPrice"]) for rate in expression["tieredRates"]]
    except (KeyError, IndexError):
        return None
    return next((rate * factor for rate in rates if rate), Decimal(0) if rates else None)


def _money(price: Mapping[str, Any]) -> Decimal:
    return Decimal(price.get("units", "0") or "0") + Decimal(price.get("nanos", 0)) / 1_000_000_000
