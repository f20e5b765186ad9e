"""What is asked before anything is created: permissions for a budget, the account's currency, who pays."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from unittest.mock import patch

import pulumi
import pytest

from infra.gcp.budget_rights import (
    PERMISSIONS,
    ROLE,
    CloudBilling,
    NoBudgetError,
    budget_currency,
    can_create_budget,
)
from infra.gcp.google_api import ENDPOINT, ApiError
from infra.settings.gcp_settings import BudgetSettings
from infra.settings.stack_settings import Settings
from tests.unit.infra.fake_google_apis import FakeGoogleApis, serving
from tests.unit.infra.gcp.conftest import NEEDED

T = TypeVar("T")
ACCOUNT = NEEDED["budget.billingAccount"]
WITHOUT = {"budget.allowWithoutBudget": "true"}
UNANSWERED = [OSError("Cloud Billing answers 403"), ValueError("not logged in"), ApiError("off")]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Answers of Cloud Billing, or the error that takes the place of one."""

    permissions: Sequence[str] | Exception = PERMISSIONS
    code: str | Exception = "USD"
    paid_by: str | Exception = ACCOUNT

    def granted(self, account: str, permissions: Sequence[str]) -> Sequence[str]:
        assert account == ACCOUNT
        return [name for name in permissions if name in answered(self.permissions)]

    def currency(self, account: str) -> str:
        assert account == ACCOUNT
        return answered(self.code)

    def account_of(self, project: str) -> str:
        assert project == "my-lab"
        return answered(self.paid_by)


def answered(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer


def budget(**settings: str) -> BudgetSettings:
    gcp = Settings.parse({**NEEDED, **settings}).gcp
    assert gcp
    return gcp.budget


def may(answers: Answers, **settings: str) -> bool:
    return can_create_budget(budget(**settings), billing=answers, project="my-lab")


@contextmanager
def warned() -> Generator[list[str]]:
    said: list[str] = []
    with patch.object(pulumi.log, "warn", said.append):
        yield said


def test_every_permission_is_needed() -> None:
    assert may(Answers())
    for missing in PERMISSIONS:
        with pytest.raises(NoBudgetError) as error:
            may(Answers(permissions=[name for name in PERMISSIONS if name != missing]))
        said = str(error.value)
        assert missing in said
        assert "nothing is created" in said
        assert f"--role={ROLE}" in said
        assert "pulumi config set budget.allowWithoutBudget true" in said


@pytest.mark.parametrize("permissions", [(), PERMISSIONS])
def test_without_a_budget_nothing_is_asked_whatever_the_rights(permissions: Sequence[str]) -> None:
    unasked = Answers(permissions=AssertionError(), code=AssertionError(), paid_by=AssertionError())
    with warned() as said:
        assert not may(unasked, **WITHOUT)
        assert budget_currency(budget(**WITHOUT), billing=unasked) == "USD"
    assert "guard.ttlHours" in said[0]


def test_without_a_billing_account_nothing_is_asked() -> None:
    unasked = Answers(permissions=AssertionError(), code=AssertionError(), paid_by=AssertionError())
    without = {**WITHOUT, "budget.billingAccount": "", "budget.currency": "EUR"}
    with warned():
        assert not may(unasked, **without)
    assert budget_currency(budget(**without), billing=unasked) == "EUR"


@pytest.mark.parametrize("error", UNANSWERED)
def test_without_an_answer_the_budget_is_created(error: Exception) -> None:
    with warned() as said:
        assert may(Answers(permissions=error, paid_by=error))
    assert str(error) in said[0]
    assert ROLE in said[0]
    with warned() as said:
        assert may(Answers(paid_by=error))
    assert "which account pays for my-lab" in said[0]


def test_another_account_that_pays_for_the_project_is_refused() -> None:
    other = "0A0A0A-0B0B0B-0C0C0C"
    with pytest.raises(NoBudgetError, match=f"pulumi config set budget.billingAccount {other}"):
        may(Answers(paid_by=other))
    with pytest.raises(NoBudgetError, match=f"gcloud billing projects link my-lab --billing-account {ACCOUNT}"):
        may(Answers(paid_by=""))


def test_the_account_s_currency_is_the_default() -> None:
    for code in ("USD", "EUR"):
        assert budget_currency(budget(), billing=Answers(code=code)) == code
        assert budget_currency(budget(**{"budget.currency": code}), billing=Answers(code=code)) == code


def test_another_currency_than_the_account_s_is_refused() -> None:
    with pytest.raises(NoBudgetError) as error:
        budget_currency(budget(**{"budget.currency": "USD"}), billing=Answers(code="EUR"))
    assert f"the billing account {ACCOUNT} is in EUR" in str(error.value)
    assert "pulumi config set budget.currency EUR" in str(error.value)


def test_an_amount_in_small_units_has_to_be_confirmed() -> None:
    with pytest.raises(NoBudgetError, match=r"budget\.amount would be 20 JPY") as error:
        budget_currency(budget(), billing=Answers(code="JPY"))
    assert "pulumi config set budget.currency JPY" in str(error.value)
    confirmed = budget(**{"budget.currency": "JPY", "budget.amount": "3000"})
    assert budget_currency(confirmed, billing=Answers(code="JPY")) == "JPY"


@pytest.mark.parametrize("error", UNANSWERED)
def test_without_an_answer_the_setting_s_currency_is_taken(error: Exception) -> None:
    with warned() as said:
        assert budget_currency(budget(), billing=Answers(code=error)) == "USD"
        assert budget_currency(budget(**{"budget.currency": "EUR"}), billing=Answers(code=error)) == "EUR"
    assert "USD is assumed" in said[0]
    assert str(error) in said[0]
    assert "pulumi config set budget.currency" in said[0]


def billing_at(google: FakeGoogleApis) -> CloudBilling:
    return CloudBilling({ENDPOINT: google.url}, project="my-lab")


def test_google_is_queried_for_the_permissions() -> None:
    with serving(lambda _: (200, {"permissions": ["billing.budgets.get"]})) as google:
        granted = billing_at(google).granted(ACCOUNT, PERMISSIONS)
    assert granted == ["billing.budgets.get"]
    (asked,) = google.requests
    assert (asked.method, asked.path, asked.body) == (
        "POST",
        f"/cloudbilling/v1/billingAccounts/{ACCOUNT}:testIamPermissions",
        {"permissions": list(PERMISSIONS)},
    )


def test_google_is_queried_for_the_currency_and_for_who_pays() -> None:
    answer = {"currencyCode": "EUR", "billingAccountName": f"billingAccounts/{ACCOUNT}", "billingEnabled": True}
    with serving(lambda _: (200, answer)) as google:
        assert billing_at(google).currency(ACCOUNT) == "EUR"
        assert billing_at(google).account_of("my-lab") == ACCOUNT
    assert [(asked.method, asked.path) for asked in google.requests] == [
        ("GET", f"/cloudbilling/v1/billingAccounts/{ACCOUNT}"),
        ("GET", "/cloudbilling/v1/projects/my-lab/billingInfo"),
    ]


def test_a_closed_billing_account_pays_for_nothing() -> None:
    """Such as a trial's whose credit is used up."""
    answer = {"billingAccountName": f"billingAccounts/{ACCOUNT}", "billingEnabled": False}
    with (
        serving(lambda _: (200, answer)) as google,
        pytest.raises(NoBudgetError, match=rf"{ACCOUNT} of my-lab is closed.*/billing/{ACCOUNT}"),
    ):
        billing_at(google).account_of("my-lab")


def test_an_empty_answer_grants_nothing() -> None:
    with serving(lambda _: (200, {})) as google:
        assert billing_at(google).granted(ACCOUNT, PERMISSIONS) == []
        assert billing_at(google).currency(ACCOUNT) == ""
        assert billing_at(google).account_of("my-lab") == ""


def test_refused_query_is_an_api_error() -> None:
    refusal = (403, {"error": {"message": "denied"}})
    with serving(lambda _: refusal) as google, pytest.raises(ApiError, match="cloudbilling answers 403: denied"):
        billing_at(google).granted(ACCOUNT, PERMISSIONS)
