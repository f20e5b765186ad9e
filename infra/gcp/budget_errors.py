"""Explains Google's answer 400 to a budget, which gives no reason, in the output of `pulumi up`."""

import pulumi
from pulumi import ErrorHook, ErrorHookArgs

from infra.gcp.budget_rights import WITHOUT_BUDGET

PUBLISHER = "billing-budget-alert@system.gserviceaccount.com"
"""Google's own account, which publishes the messages of every budget."""
_BAD_REQUEST = "Error 400"


def explain_budget_errors(*, account: str, currency: str, project: str) -> ErrorHook:
    """Return a hook for the budget that logs the known causes of an answer 400; the error itself stays.

    A plain `pulumi destroy` does not run the program, and so not the hook: there Pulumi shows the error alone.
    """

    def explain(args: ErrorHookArgs) -> bool:
        if _BAD_REQUEST in args.errors[0]:
            pulumi.log.error(_causes(account=account, currency=currency, project=project))
        return False

    return ErrorHook("explain-budget-errors", explain)


def _causes(*, account: str, currency: str, project: str) -> str:
    return (
        f"Google answers 400 to a budget without a reason. The known causes: 1. {account} is not in {currency}"
        f" (gcloud billing accounts describe {account}): pulumi config set budget.currency CODE. 2. The organization"
        f" allows only members of its own domains (gcloud org-policies describe iam.allowedPolicyMemberDomains"
        f" --effective --project={project}), and so refuses {PUBLISHER}, which has to publish to the budget's topic:"
        f" its administrator can make an exception for {project}. 3. Another account pays for {project} (gcloud billing"
        f" projects describe {project}). {WITHOUT_BUDGET}"
    )
