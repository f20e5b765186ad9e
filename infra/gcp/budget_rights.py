"""Whether the one who runs the program may make a budget, asked before anything is made."""

from collections.abc import Callable, Mapping, Sequence

import pulumi

from infra.gcp.google_api import ApiError, Google
from infra.settings.gcp_settings import BudgetSettings

PERMISSIONS = ("billing.budgets.create", "billing.budgets.get", "billing.budgets.update", "billing.budgets.delete")
ROLE = "roles/billing.costsManager"

QueryPermissions = Callable[[str, Sequence[str]], Sequence[str]]
"""(billing account, permissions) -> those granted; raises ApiError, OSError or ValueError where nobody knows."""


class NoBudgetError(pulumi.RunError):
    """There would be no budget, and nobody said that there need be none."""


def can_create_budget(settings: BudgetSettings, *, ask: QueryPermissions, project: str) -> bool:
    """Whether to make a budget. False only where settings.allow_without says that there need be none.

    Where nobody can tell, as in a project whose services are still off, it is tried: the cluster depends on the
    budget, so nothing that costs is made if it fails.

    Raises NoBudgetError that names the role which is missing.
    """
    account = settings.billing_account
    if account is None:
        return False
    try:
        missing = sorted(set(PERMISSIONS) - set(ask(account, PERMISSIONS)))
    except (ApiError, OSError, ValueError) as error:
        pulumi.log.warn(
            f"cannot ask whether a budget may be made ({error}); if it is refused, {_remedy(account, project)}"
        )
        return True
    if missing and not settings.allow_without:
        raise NoBudgetError(
            f"no budget can be made for {account}, so nothing is made: {', '.join(missing)} is missing. "
            + _remedy(account, project)
        )
    if missing:
        pulumi.log.warn(f"no budget is made for {account}: {ROLE} is missing. Only guard.ttlHours stops the spending.")
    return not missing


def _remedy(account: str, project: str) -> str:
    return (
        f"Let somebody with rights over the billing account grant {ROLE}: gcloud billing accounts "
        f"add-iam-policy-binding {account} --member=user:YOU --role={ROLE} (project {project}). Or do without a "
        "budget: pulumi config set budget.allowWithoutBudget true"
    )


def query_google(env: Mapping[str, str], *, project: str) -> QueryPermissions:
    """Ask Cloud Billing, in the name of the project, as who is signed in."""

    def ask(account: str, permissions: Sequence[str]) -> Sequence[str]:
        google = Google.signed_in(env, project=project)
        found = google.post(
            "cloudbilling", f"v1/billingAccounts/{account}:testIamPermissions", {"permissions": list(permissions)}
        )
        return [str(name) for name in found.get("permissions", [])]

    return ask
