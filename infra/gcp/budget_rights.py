"""Check, before any resource is created, that the user of `pulumi up` may create a budget."""

from collections.abc import Callable, Mapping, Sequence

import pulumi

from infra.gcp.google_api import ApiError, Google
from infra.settings.gcp_settings import BudgetSettings

PERMISSIONS = ("billing.budgets.create", "billing.budgets.get", "billing.budgets.update", "billing.budgets.delete")
ROLE = "roles/billing.costsManager"

QueryPermissions = Callable[[str, Sequence[str]], Sequence[str]]
"""Takes a billing account and permissions; returns those granted. Raises ApiError, OSError or ValueError."""


class NoBudgetError(pulumi.RunError):
    """No budget can be created, and budget.allowWithoutBudget is not set."""


def can_create_budget(settings: BudgetSettings, *, query_permissions: QueryPermissions, project: str) -> bool:
    """Whether to create a budget; False only where settings.allow_without permits a stack without.

    True where the permissions cannot be queried, as in a project whose services are still off: the cluster depends on
    the budget, so nothing that costs is created if that fails.

    Raises NoBudgetError that names the missing role.
    """
    account = settings.billing_account
    if account is None:
        return False
    try:
        missing = sorted(set(PERMISSIONS) - set(query_permissions(account, PERMISSIONS)))
    except (ApiError, OSError, ValueError) as error:
        pulumi.log.warn(
            f"cannot check the right to create a budget ({error}). If Google refuses it: {_remedy(account, project)}"
        )
        return True
    if missing and not settings.allow_without:
        raise NoBudgetError(
            f"no budget can be created for {account}, so nothing is created; missing rights: {', '.join(missing)}. "
            + _remedy(account, project)
        )
    if missing:
        pulumi.log.warn(f"no budget is created for {account}: {ROLE} is missing. Only guard.ttlHours stops the nodes.")
    return not missing


def _remedy(account: str, project: str) -> str:
    return (
        f"An administrator of the billing account can grant {ROLE}: gcloud billing accounts "
        f"add-iam-policy-binding {account} --member=user:YOU --role={ROLE} (project {project}). To do without a "
        "budget: pulumi config set budget.allowWithoutBudget true"
    )


def query_google(env: Mapping[str, str], *, project: str) -> QueryPermissions:
    """Return a function that queries Cloud Billing as the signed-in user, with the quota of `project`."""

    def query_permissions(account: str, permissions: Sequence[str]) -> Sequence[str]:
        google = Google.signed_in(env, project=project)
        found = google.post(
            "cloudbilling", f"v1/billingAccounts/{account}:testIamPermissions", {"permissions": list(permissions)}
        )
        return [str(name) for name in found.get("permissions", [])]

    return query_permissions
