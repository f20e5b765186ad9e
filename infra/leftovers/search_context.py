"""What every search is told."""

from dataclasses import dataclass
from decimal import Decimal

from infra.cost.price_table import Prices
from infra.gcp.google_api import Google
from infra.leftovers.leftover import Mark

GIB = Decimal(1 << 30)


@dataclass(frozen=True, kw_only=True)
class Search:
    """One look through a project."""

    google: Google
    project: str
    mark: Mark
    prices: Prices
    region: str
    """The stack's, whose prices are taken for what is in no region."""

    def monthly(self, price: str, region: str, amount: Decimal) -> Decimal | None:
        """Dollars a month for so much of a thing; None where the table has no price of that region.

        What is free each month is not taken off: this may not be all that the billing account pays for.
        """
        found = self.prices.get(price, region)
        return found.dollars_per_month * amount if found else None
