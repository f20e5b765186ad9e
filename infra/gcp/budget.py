"""The budget, created before anything that costs, with its e-mail channels and its Pub/Sub topic for the guard."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceHookBinding, ResourceOptions
from pulumi_gcp import billing, monitoring, pubsub

from infra.gcp.budget_errors import PUBLISHER, explain_budget_errors
from infra.gcp.cloud_context import CloudContext, project_number

_PERCENT = 100
CREDIT_TYPES = (
    "COMMITTED_USAGE_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE",
    "DISCOUNT",
    "FEE_UTILIZATION_OFFSET",
    "FREE_TIER",
    "RESELLER_MARGIN",
    "SUBSCRIPTION_BENEFIT",
    "SUSTAINED_USAGE_DISCOUNT",
)
"""Credits that lower what counts as spent: all but PROMOTION, which is a trial's or a voucher's, and ends.

FREE_TIER pays back the fee of one zonal cluster: without it a stack asleep would spend $2.40 a day of its budget.
"""


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """`after` holds the project's services."""

    context: CloudContext
    can_create_budget: bool
    """False creates the channels and the topic only."""
    after: Sequence[Resource]


class Budget(ComponentResource):
    """The budget, the e-mail channels and the topic. None of them costs anything."""

    topic: pubsub.Topic
    channels: Sequence[Output[str]]
    exists: bool
    """Whether there is a budget, and not only its topic and channels."""

    def __init__(self, name: str, args: BudgetArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Budget", name, None, opts)
        self._context = args.context
        self._inside = ResourceOptions(parent=self, depends_on=args.after)
        self.channels = [
            self._make_channel(number, email) for number, email in enumerate(args.context.settings.budget.emails)
        ]
        self.topic = pubsub.Topic(
            "budget",
            name=args.context.name("budget"),
            project=args.context.project,
            labels=args.context.labels,
            # A budget's messages are repeated within the hour.
            message_retention_duration="86400s",
            opts=self._inside,
        )
        account = args.context.settings.budget.billing_account
        self.exists = bool(account and args.can_create_budget)
        if account and self.exists:
            self._make_budget(account, args.after, publisher=self._grant_publisher())
        self.register_outputs({"topic": self.topic.id})

    def _make_channel(self, number: int, email: str) -> Output[str]:
        channel = monitoring.NotificationChannel(
            f"email-{number}",
            project=self._context.project,
            type="email",
            display_name=f"{self._context.name('owner')} {number + 1}",
            labels={"email_address": email},
            user_labels=self._context.labels,
            # The guard's alerts may still refer to it when the stack is destroyed.
            force_delete=True,
            opts=self._inside,
        )
        return channel.name

    def _grant_publisher(self) -> Resource:
        """Let Google's account publish to the topic.

        The budget's API grants it too, but where an organization refuses foreign members it answers 400 without a
        reason; here the answer names the policy.
        """
        return pubsub.TopicIAMMember(
            "budget-publisher",
            project=self._context.project,
            topic=self.topic.name,
            role="roles/pubsub.publisher",
            member=f"serviceAccount:{PUBLISHER}",
            opts=self._inside,
        )

    def _make_budget(self, account: str, after: Sequence[Resource], *, publisher: Resource) -> None:
        budget = self._context.settings.budget
        billing.Budget(
            "budget",
            billing_account=account,
            display_name=f"{self._context.name('budget')} (stack {self._context.stack})",
            amount=billing.BudgetAmountArgs(
                specified_amount=billing.BudgetAmountSpecifiedAmountArgs(
                    currency_code=budget.currency, units=str(budget.amount)
                )
            ),
            budget_filter=billing.BudgetBudgetFilterArgs(
                # By number: Google returns the number, and a budget by the id would differ on every run.
                projects=[
                    project_number(self._context, parent=self, after=after).apply(lambda number: f"projects/{number}")
                ],
                calendar_period="MONTH",
                credit_types_treatment="INCLUDE_SPECIFIED_CREDITS",
                credit_types=list(CREDIT_TYPES),
            ),
            threshold_rules=_thresholds(budget.actual_percents, budget.forecast_percents),
            all_updates_rule=billing.BudgetAllUpdatesRuleArgs(
                pubsub_topic=self.topic.id,
                schema_version="1.0",
                monitoring_notification_channels=list(self.channels),
                disable_default_iam_recipients=False,
            ),
            opts=ResourceOptions(
                parent=self,
                depends_on=[*after, publisher],
                hooks=ResourceHookBinding(
                    on_error=[
                        explain_budget_errors(account=account, currency=budget.currency, project=self._context.project)
                    ]
                ),
            ),
        )


def _thresholds(actual: Sequence[int], forecast: Sequence[int]) -> list[billing.BudgetThresholdRuleArgs]:
    rules = [(percent, "CURRENT_SPEND") for percent in actual] + [(percent, "FORECASTED_SPEND") for percent in forecast]
    return [
        billing.BudgetThresholdRuleArgs(threshold_percent=percent / _PERCENT, spend_basis=basis)
        for percent, basis in rules
    ]
