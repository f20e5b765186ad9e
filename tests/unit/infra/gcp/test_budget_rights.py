"""Permissions for a budget are queried before anything is created."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import pulumi
import pytest

from infra.gcp.budget_rights import PERMISSIONS, ROLE, NoBudgetError, can_create_budget, query_google
from infra.gcp.google_api import ENDPOINT, ApiError
from infra.settings.stack_settings import Settings
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.conftest import NEEDED


def may(granted: Sequence[str] | Exception, **settings: str) -> bool:
    gcp = Settings.parse({**NEEDED, **settings}).gcp
    assert gcp

    def query_permissions(account: str, permissions: Sequence[str]) -> Sequence[str]:
        assert account == NEEDED["budget.billingAccount"]
        if isinstance(granted, Exception):
            raise granted
        return [name for name in permissions if name in granted]

    return can_create_budget(gcp.budget, query_permissions=query_permissions, project="my-lab")


@contextmanager
def warned() -> Generator[list[str]]:
    said: list[str] = []
    with patch.object(pulumi.log, "warn", said.append):
        yield said


WITHOUT = {"budget.allowWithoutBudget": "true"}


def test_every_permission_is_needed() -> None:
    assert may(PERMISSIONS)
    for missing in PERMISSIONS:
        with pytest.raises(NoBudgetError) as error:
            may([name for name in PERMISSIONS if name != missing])
        said = str(error.value)
        assert missing in said
        assert "nothing is created" in said
        assert f"--role={ROLE}" in said
        assert "pulumi config set budget.allowWithoutBudget true" in said


def test_missing_rights_are_only_a_warning_where_no_budget_is_needed() -> None:
    with warned() as said:
        assert not may([], **WITHOUT)
    assert ROLE in said[0]
    assert may(PERMISSIONS, **WITHOUT)


@pytest.mark.parametrize("error", [OSError("Cloud Billing answers 403"), ValueError("not logged in"), ApiError("off")])
def test_without_an_answer_the_budget_is_created(error: Exception) -> None:
    with warned() as said:
        assert may(error)
    assert str(error) in said[0]
    assert ROLE in said[0]


def test_google_is_queried_for_the_permissions() -> None:
    with serving(lambda _: (200, {"permissions": ["billing.budgets.get"]})) as google:
        granted = query_google({ENDPOINT: google.url}, project="my-lab")("01AB23-45CD67-89EF01", PERMISSIONS)
    assert granted == ["billing.budgets.get"]
    (asked,) = google.requests
    assert (asked.method, asked.path, asked.body) == (
        "POST",
        "/cloudbilling/v1/billingAccounts/01AB23-45CD67-89EF01:testIamPermissions",
        {"permissions": list(PERMISSIONS)},
    )


def test_an_account_without_any_of_the_rights_grants_none() -> None:
    with serving(lambda _: (200, {})) as google:
        assert query_google({ENDPOINT: google.url}, project="my-lab")("01AB23-45CD67-89EF01", PERMISSIONS) == []


def test_refused_query_is_an_api_error() -> None:
    refusal = (403, {"error": {"message": "denied"}})
    with serving(lambda _: refusal) as google, pytest.raises(ApiError, match="cloudbilling answers 403: denied"):
        query_google({ENDPOINT: google.url}, project="my-lab")("01AB23-45CD67-89EF01", PERMISSIONS)


def test_without_a_billing_account_nothing_is_queried() -> None:
    gcp = Settings.parse({**NEEDED, **WITHOUT, "budget.billingAccount": ""}).gcp
    assert gcp

    def query_permissions(account: str, permissions: Sequence[str]) -> Sequence[str]:
        raise AssertionError

    assert not can_create_budget(gcp.budget, query_permissions=query_permissions, project="my-lab")
