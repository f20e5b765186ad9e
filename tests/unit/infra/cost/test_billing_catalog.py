"""Prices from the Cloud Billing catalogue: which SKU matches, which does not, what is reported as unknown."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import google.auth
import pytest
from google.auth.credentials import AnonymousCredentials

from infra.cost.billing_catalog import CatalogPrices, fetch_prices
from infra.cost.price_table import Prices
from infra.gcp.google_api import ENDPOINT, ApiError, Google
from producer.runtime.exit_status import SluiceError
from tests.unit.infra.fake_google_apis import FakeGoogleApis, Request, serving

COMPUTE = "6F81-5844-456A"
TODAY = date(2026, 11, 22)


def sku(
    description: str, dollars: str, *, unit: str = "h", region: str = "europe-west1", **other: Any
) -> dict[str, Any]:
    """A SKU as in the catalogue, with a free tier before the price."""
    amount = Decimal(dollars)
    price = {"currencyCode": "USD", "units": str(int(amount)), "nanos": int(amount % 1 * 1_000_000_000)}
    free = {"currencyCode": "USD", "units": "0", "nanos": 0}
    rates = [{"startUsageAmount": 0, "unitPrice": free}, {"startUsageAmount": 1, "unitPrice": price}]
    return {
        "description": description,
        "category": {"usageType": other.get("usage", "OnDemand")},
        "serviceRegions": [region],
        "pricingInfo": [{"pricingExpression": {"usageUnit": unit, "tieredRates": rates}}],
    }


SKUS = {
    COMPUTE: [
        sku("E2 Instance Core running in Belgium", "0.024"),
        sku("E2 Instance Core running in Americas", "0.021", region="us-central1"),
        sku("E2 Custom Instance Core running in Belgium", "0.9"),
        sku("Spot Preemptible E2 Instance Core running in Belgium", "0.007", usage="Preemptible"),
        sku("Balanced PD Capacity in Belgium", "0.11", unit="GiBy.mo"),
        sku("Regional Balanced PD Capacity in Belgium", "0.22", unit="GiBy.mo"),
        sku("SSD backed PD Capacity", "0.0002", unit="GiBy.h"),
        sku("Static Ip Charge in Belgium", "0.011"),
        sku("Static Ip Charge", "0.012"),
        sku("Storage PD Snapshot in Belgium", "0.05", unit="By"),
        sku("NAT Gateway: Data Processing Charge in EMEA", "0.044", unit="GiBy"),
    ],
    "CCD8-9BF1-090E": [sku("Zonal Kubernetes Clusters", "0.12", region="us-east1")],
    "58CD-E7C3-72CA": [sku("Prometheus Samples Ingested", "0.00000005", unit="count", region="global")],
}


def catalogue(request: Request) -> tuple[int, Any]:
    """Answer a page of two SKUs."""
    service = request.path.split("/")[4]
    assert request.path == f"/cloudbilling/v1/services/{service}/skus"
    start = int(request.parameters.get("pageToken", "0"))
    found = SKUS.get(service, [])
    more = {"nextPageToken": str(start + 2)} if start + 2 < len(found) else {}
    return 200, {"skus": found[start : start + 2], **more}


@pytest.fixture(scope="module")
def answers() -> Iterator[FakeGoogleApis]:
    with serving(catalogue) as found:
        yield found


@pytest.fixture(scope="module")
def found(answers: FakeGoogleApis) -> CatalogPrices:
    return fetch_prices(
        Google.signed_in({ENDPOINT: answers.url}, key="a-key"), Prices.load(), region="europe-west1", today=TODAY
    )


@pytest.mark.parametrize(
    ("name", "dollars"),
    [
        ("e2-core", "0.024"),
        ("e2-core-spot", "0.007"),
        ("pd-balanced", "0.11"),
        ("pd-ssd", "0.146"),  # by the hour there, by the month here
        ("cluster-fee", "0.12"),
        ("nat-traffic", "0.044"),  # written in other letters there
        ("metrics", "0.05"),  # a sample there, a million here
    ],
)
def test_the_region_s_price_is_taken(found: CatalogPrices, name: str, dollars: str) -> None:
    price = found.prices.get(name, "europe-west1")
    assert price
    assert price.dollars == Decimal(dollars)
    assert (price.read, price.source) == (TODAY, "the Cloud Billing catalogue")


def test_the_free_amount_is_that_of_the_table(found: CatalogPrices) -> None:
    registry, table = found.prices.get("registry", "europe-west1"), Prices.load().get("registry", "europe-west1")
    assert registry == table


def test_a_price_without_a_sku_is_taken_from_the_table_only_if_global(found: CatalogPrices) -> None:
    assert {"cluster-credit", "address", "registry"} <= set(found.from_table)
    assert {"e2-ram", "bucket", "function-core"} <= set(found.unknown)
    assert found.prices.get("e2-ram", "europe-west1") is None


def test_contradicting_skus_and_unknown_units_give_no_price(found: CatalogPrices) -> None:
    assert {"address-idle", "snapshot"} <= set(found.unknown)


def test_the_api_key_is_in_a_header_and_not_in_the_url(answers: FakeGoogleApis, found: CatalogPrices) -> None:
    assert found.prices.entries
    assert all("a-key" not in f"{request.path}{request.parameters}" for request in answers.requests)
    assert {request.headers.get("X-Goog-Api-Key") for request in answers.requests} == {"a-key"}
    assert {request.parameters["currencyCode"] for request in answers.requests} == {"USD"}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            403,
            {"error": {"message": "no", "details": [{"reason": "SERVICE_DISABLED"}]}},
            "is not enabled in this project",
        ),
        (403, {"error": {"message": "denied to you"}}, "403: denied to you"),
        (401, {"error": {"message": "who?"}}, "gcloud auth application-default login"),
        (400, ["strange"], "answers 400"),
        (200, "x", None),
    ],
)
def test_refusals_are_reported(status: int, body: Any, said: str | None) -> None:
    with serving(lambda _: (status, body)) as answers:
        google_apis = Google.signed_in({ENDPOINT: answers.url}, key="a-key")
        if said is None:
            assert google_apis.get("cloudbilling", "v1/services") == "x"
            return
        with pytest.raises(ApiError, match=said) as caught:
            google_apis.get("cloudbilling", "v1/services")
    assert "a-key" not in str(caught.value)


def test_a_busy_api_is_retried_a_limited_number_of_times() -> None:
    waits: list[float] = []
    replies = [503, 429, 200]
    with serving(lambda _: (replies.pop(0) if replies else 500, {"ok": True})) as answers:
        google_apis = Google.signed_in({ENDPOINT: answers.url}, sleep=waits.append)
        assert google_apis.get("compute", "v1") == {"ok": True}
        assert waits == [1.0, 2.0]
        with pytest.raises(ApiError, match="answers 500"):
            google_apis.get("compute", "v1")
    assert len(answers.requests) == 3 + 4


def test_an_endpoint_that_cannot_be_reached_is_reported() -> None:
    with pytest.raises(ApiError, match="cannot be reached"):
        Google.signed_in({ENDPOINT: "http://127.0.0.1:9"}, sleep=lambda _: None).get("compute", "v1")


def test_an_endpoint_for_tests_must_be_on_this_machine() -> None:
    with pytest.raises(SluiceError, match="only name this machine"):
        Google.signed_in({ENDPOINT: "https://example.com"})


def test_requests_use_the_quota_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    options_given: list[dict[str, Any]] = []

    def default(**options: Any) -> tuple[AnonymousCredentials, None]:
        options_given.append(options)
        return AnonymousCredentials(), None

    monkeypatch.setattr(google.auth, "default", default)
    Google.signed_in({}, project="my-lab")
    (given,) = options_given
    assert given == {"scopes": ["https://www.googleapis.com/auth/cloud-platform"], "quota_project_id": "my-lab"}


def test_missing_credentials_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    # google-auth reads the process's own environment.
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(ApiError, match="gcloud auth application-default login"):
        Google.signed_in({})
