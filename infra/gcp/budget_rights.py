"""Checks, before any resource is created: may the user create a budget, and does it fit the billing account?"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Protocol, TypeVar

import pulumi

from infra.gcp.google_api import ApiError, Google
from infra.settings.gcp_settings import DEFAULT_CURRENCY, BudgetSettings

T = TypeVar("T")

PERMISSIONS = ("billing.budgets.create", "billing.budgets.get", "billing.budgets.update", "billing.budgets.delete")
ROLE = "roles/billing.costsManager"
WITHOUT_BUDGET = "To do without a budget: pulumi config set budget.allowWithoutBudget true"
_LIKE_A_DOLLAR = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "NZD", "SGD", "USD"})
"""Currencies in which the default of budget.amount means about what it means in dollars."""


class BillingQueries(Protocol):
    """Questions to Cloud Billing; each raises ApiError, OSError or ValueError if it is not answered."""

    def granted(self, account: str, permissions: Sequence[str]) -> Sequence[str]:
        """Return those of `permissions` that the user has on a billing account."""
        ...

    def currency(self, account: str) -> str:
        """Return the currency code of a billing account."""
        ...

    def account_of(self, project: str) -> str:
        """Return the id of the billing account that pays for a project; empty if none does.

        Raises NoBudgetError if that account is closed.
        """
        ...


class CloudBilling:
    """Cloud Billing's API, queried as the signed-in user, with the quota of `project`."""

    def __init__(self, env: Mapping[str, str], *, project: str) -> None:
        self._env, self._project = env, project

    def granted(self, account: str, permissions: Sequence[str]) -> Sequence[str]:
        """Implement BillingQueries.granted; needs no permission."""
        found = self._google.post(
            "cloudbilling", f"v1/billingAccounts/{account}:testIamPermissions", {"permissions": list(permissions)}
        )
        return [str(name) for name in found.get("permissions", [])]

    def currency(self, account: str) -> str:
        """Implement BillingQueries.currency; needs billing.accounts.get."""
        return str(self._google.get("cloudbilling", f"v1/billingAccounts/{account}").get("currencyCode", ""))

    def account_of(self, project: str) -> str:
        """Implement BillingQueries.account_of; needs resourcemanager.projects.get."""
        found = self._google.get("cloudbilling", f"v1/projects/{project}/billingInfo")
        account = str(found.get("billingAccountName", "")).removeprefix("billingAccounts/")
        if account and not found.get("billingEnabled"):
            raise NoBudgetError(
                f"the billing account {account} of {project} is closed, as after a trial, so nothing is created."
                f" Upgrade or reopen it: https://console.cloud.google.com/billing/{account}"
            )
        return account

    @cached_property
    def _google(self) -> Google:
        return Google.signed_in(self._env, project=self._project)


class NoBudgetError(pulumi.RunError):
    """No budget can be created as the settings say, so nothing is created."""


def can_create_budget(settings: BudgetSettings, *, billing: BillingQueries, project: str) -> bool:
    """Whether to create a budget; False only where settings.allow_without says to do without.

    True where Cloud Billing does not answer, as in a project whose services are still off: the cluster depends on the
    budget, so nothing that costs is created if that fails.

    Raises NoBudgetError that names the missing role, or the billing account that pays for the project.
    """
    account = settings.billing_account
    if account is None or settings.allow_without:
        pulumi.log.warn("no budget is created: budget.allowWithoutBudget is set. Only guard.ttlHours stops the nodes.")
        return False
    remedy = _role_remedy(account, project)
    granted = _query(
        lambda: billing.granted(account, PERMISSIONS), f"the right to create a budget. If Google refuses it: {remedy}"
    )
    if granted is None:
        return True
    if missing := sorted(set(PERMISSIONS) - set(granted)):
        raise NoBudgetError(
            f"no budget can be created for {account}, so nothing is created; missing rights: {', '.join(missing)}. "
            + remedy
        )
    _check_project(account, project, _query(lambda: billing.account_of(project), f"which account pays for {project}"))
    return True


def budget_currency(settings: BudgetSettings, *, billing: BillingQueries) -> str:
    """Return the budget's currency: that of the billing account, since Google accepts no other.

    Raises NoBudgetError if budget.currency is another one, or if budget.amount is not known to be meant in it.
    """
    account = settings.billing_account
    if account is None or settings.allow_without:
        return settings.currency or DEFAULT_CURRENCY
    assumed = settings.currency or DEFAULT_CURRENCY
    actual = _query(
        lambda: billing.currency(account),
        f"the currency of {account}; {assumed} is assumed. If it is another: pulumi config set budget.currency CODE",
    )
    if not actual:
        return assumed
    if settings.currency not in ("", actual):
        raise NoBudgetError(
            f"budget.currency is {settings.currency}, but the billing account {account} is in {actual}, and Google"
            f" accepts no other, so nothing is created: pulumi config set budget.currency {actual}, and budget.amount"
            f" ({settings.amount}) in {actual}"
        )
    if not settings.currency and actual not in _LIKE_A_DOLLAR:
        raise NoBudgetError(
            f"the billing account {account} is in {actual}, so that budget.amount would be {settings.amount} {actual}."
            f" Nothing is created until you confirm: pulumi config set budget.currency {actual}, and pulumi config set"
            f" budget.amount AMOUNT in {actual}"
        )
    return actual


def _check_project(account: str, project: str, paid_by: str | None) -> None:
    """Raise NoBudgetError if another account pays for the project: the budget would count nothing."""
    if paid_by is None or paid_by == account:
        return
    link = f"gcloud billing projects link {project} --billing-account {account}"
    if not paid_by:
        raise NoBudgetError(f"no billing account pays for {project}, so nothing is created: {link}")
    raise NoBudgetError(
        f"{paid_by} pays for {project}, so a budget of {account} would count nothing, and nothing is created: "
        f"pulumi config set budget.billingAccount {paid_by}, or {link}"
    )


def _query(question: Callable[[], T], subject: str) -> T | None:
    """Return the answer; None with a warning if there is none."""
    try:
        return question()
    except (ApiError, OSError, ValueError) as error:
        pulumi.log.warn(f"cannot check ({error}): {subject}")
        return None


def _role_remedy(account: str, project: str) -> str:
    return (
        f"An administrator of the billing account can grant {ROLE}: gcloud billing accounts "
        f"add-iam-policy-binding {account} --member=user:YOU --role={ROLE} (project {project}). {WITHOUT_BUDGET}"
    )
