"""The price table: every price has a date and a source; a price that is not there is unknown, not zero."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from infra.cost.price_table import PRICES_FILE, Prices

PRICES = Prices.load()


def test_every_price_has_a_date_and_a_source() -> None:
    assert PRICES.entries
    for price in PRICES.entries:
        assert datetime(2026, 1, 1, tzinfo=UTC).date() <= price.read <= datetime.now(tz=UTC).date(), price.name
        assert "https://" in price.source or "catalogue" in price.source, price.name
        assert price.dollars > 0 or price.later, price.name


def test_a_price_of_zero_has_an_announced_change() -> None:
    """Read the price again on that date: the line is zero until then."""
    free = {price.name: price.later for price in PRICES.entries if not price.dollars}
    assert free.keys() == {"alert"}
    assert "2027-09-01" in free["alert"]


def test_no_price_is_listed_twice() -> None:
    names = [(price.name, price.region) for price in PRICES.entries]
    assert len(names) == len(set(names))


def test_each_price_is_looked_up_once_in_another_region() -> None:
    asked = list(PRICES.in_region("europe-west1"))
    assert len({price.name for price in asked}) == len(asked) == len({price.name for price in PRICES.entries})
    assert {price.region for price in asked} == {"europe-west1", "global"}
    (snapshot,) = (price for price in asked if price.name == "snapshot")
    assert snapshot.sku, "the one of a single region, which the catalogue has"


def test_every_sku_has_service_and_usage() -> None:
    for price in PRICES.entries:
        if price.sku:
            assert re.fullmatch(r"[0-9A-F]{4}(-[0-9A-F]{4}){2}", price.sku.service), price.name
            assert price.sku.usage in ("OnDemand", "Preemptible")


def test_prices_of_cores_and_memory_add_up_to_a_known_machine_price() -> None:
    for suffix, whole in (("", "0.067"), ("-spot", "0.025")):
        core, ram = (PRICES.get(f"e2-{part}{suffix}", "us-central1") for part in ("core", "ram"))
        assert core
        assert ram
        assert round(2 * core.dollars + 8 * ram.dollars, 3) == Decimal(whole)


def test_a_region_has_its_own_and_the_global_prices() -> None:
    assert PRICES.get("pd-balanced", "europe-west1") is None
    assert PRICES.get("registry", "europe-west1") is not None
    assert PRICES.get("no-such-thing", "us-central1") is None
    assert not PRICES.has_region("europe-west1")


def test_an_entry_without_a_date_is_refused(tmp_path: Path) -> None:
    table = yaml.safe_load(PRICES_FILE.read_text())
    del table["prices"][0]["date"]
    path = tmp_path / "prices.yaml"
    path.write_text(yaml.safe_dump(table))
    with pytest.raises(KeyError, match="date"):
        Prices.load(path)
