"""Alert policies that e-mail the guard's log entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_gcp import monitoring

from infra.gcp.alert_policy import make_alert_policy, policy_name
from infra.gcp.cloud_context import CloudContext
from infra.gcp.guard_alerts import guard_alerts
from infra.gcp.guard_config import ON_BUDGET, ON_CLOCK
from infra.gcp.guard_function.sluice_guard.log import MAIL_DAILY, MAIL_NOW, MAIL_SLEEP

_EVENT = {"event": "EXTRACT(jsonPayload.sluice_guard)"}
_MESSAGE = {"said": "EXTRACT(jsonPayload.message)"}
_NOW_TEXT = (
    "${log.extracted_label.event}: ${log.extracted_label.said}\n\n"
    "All data is still on its disks, which are still billed. `scripts/wake` restores the nodes, `pulumi destroy` "
    "removes everything. docs/cost.md lists what is still billed."
)
_DAILY_TEXT = (
    "${log.extracted_label.event}: the log has the details:\n\n"
    "    gcloud logging read 'jsonPayload.sluice_guard_mail=\"daily\"' --format='value(jsonPayload.message)'"
)
_SLEEP_TEXT = "${log.extracted_label.event}: ${log.extracted_label.said}"


@dataclass(frozen=True, kw_only=True)
class _Mail:
    title: str
    log_filter: str
    at_most_every: str
    """Rate limit, such as 300s."""
    extracted: Mapping[str, str]
    """Labels extracted from the entry. Each combination of values has its own rate limit, so no amount may be one."""
    text: str


_MAILS = {
    "now": _Mail(
        title="The guard has stopped the nodes",
        log_filter=MAIL_NOW,
        at_most_every="300s",
        extracted={**_EVENT, **_MESSAGE},
        text=_NOW_TEXT,
    ),
    "daily": _Mail(
        title="The guard has logged a warning",
        log_filter=MAIL_DAILY,
        at_most_every="86400s",
        extracted=_EVENT,
        text=_DAILY_TEXT,
    ),
    "sleep": _Mail(
        title="The nodes are stopped: cost, and what is deleted when",
        log_filter=MAIL_SLEEP,
        # The monthly text is logged for a day, the same each time.
        at_most_every="86400s",
        extracted={**_EVENT, **_MESSAGE},
        text=_SLEEP_TEXT,
    ),
}


def guard_policy_names(context: CloudContext, *, has_budget: bool) -> list[str]:
    """Display names of all alert policies about the guard: of its log, and those of infra/gcp/guard_alerts.py."""
    titles = [
        *(mail.title for mail in _MAILS.values()),
        *(alert.title for alert in guard_alerts(context, has_budget=has_budget).values()),
    ]
    return [policy_name(context, title) for title in titles]


class GuardEmail(ComponentResource):
    """Alert policies on the guard's log, created whether or not monitoring is enabled."""

    def __init__(
        self,
        name: str,
        *,
        context: CloudContext,
        channels: Sequence[Output[str]],
        after: Sequence[Resource],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:gcp:GuardMail", name, None, opts)
        for urgency, mail in _MAILS.items():
            make_alert_policy(
                f"guard-{urgency}",
                context=context,
                title=mail.title,
                text=mail.text,
                severity="CRITICAL" if urgency == "now" else "WARNING",
                condition=_condition(mail, context),
                channels=channels,
                at_most_every=mail.at_most_every,
                opts=ResourceOptions(parent=self, depends_on=after),
            )
        self.register_outputs({})


def _this_stacks_entries(log_filter: str, context: CloudContext) -> str:
    """Limit a log filter to this stack's functions: other stacks of the project have their own guard."""
    names = " OR ".join(f'"{context.name(function)}"' for function in (ON_BUDGET, ON_CLOCK))
    return f"{log_filter} AND resource.labels.service_name=({names})"


def _condition(mail: _Mail, context: CloudContext) -> monitoring.AlertPolicyConditionArgs:
    return monitoring.AlertPolicyConditionArgs(
        display_name=mail.title,
        condition_matched_log=monitoring.AlertPolicyConditionConditionMatchedLogArgs(
            filter=_this_stacks_entries(mail.log_filter, context), label_extractors=dict(mail.extracted)
        ),
    )
