"""What the guard writes into its log, as e-mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_gcp import monitoring

from infra.gcp.cloud_context import CloudContext
from infra.gcp.guard_function.sluice_guard.log import MAIL_DAILY, MAIL_NOW

_CLOSE = "86400s"
_EVENT = {"event": "EXTRACT(jsonPayload.sluice_guard)"}
_SAID = {"said": "EXTRACT(jsonPayload.message)"}
_STOPPED = (
    "${log.extracted_label.event}: ${log.extracted_label.said}\n\n"
    "All data is still on its disks, which go on costing. `scripts/wake` brings the nodes back, `pulumi destroy` ends "
    "it all. docs/cost.md says what still costs."
)
_TOLD = (
    "${log.extracted_label.event}: what exactly, and how often, the log says:\n\n"
    "    gcloud logging read 'jsonPayload.sluice_guard_mail=\"daily\"' --format='value(jsonPayload.message)'"
)


@dataclass(frozen=True, kw_only=True)
class _Mail:
    title: str
    entries: str
    at_most_every: str
    extracted: Mapping[str, str]
    """Labels of the mail. Each combination of their values has a limit of its own: a sum would be another each time."""
    text: str


_MAILS = {
    "now": _Mail(
        title="The guard has stopped the nodes",
        entries=MAIL_NOW,
        at_most_every="300s",
        extracted={**_EVENT, **_SAID},
        text=_STOPPED,
    ),
    "daily": _Mail(
        title="The guard has something to say",
        entries=MAIL_DAILY,
        at_most_every="86400s",
        extracted=_EVENT,
        text=_TOLD,
    ),
}


class GuardEmail(ComponentResource):
    """What the guard writes into its log, as e-mail. It is there whether or not metrics are scraped."""

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
        for how_soon, mail in _MAILS.items():
            monitoring.AlertPolicy(
                f"guard-{how_soon}",
                project=context.project,
                display_name=f"{context.settings.cluster.name}: {mail.title}",
                combiner="OR",
                severity="CRITICAL" if how_soon == "now" else "WARNING",
                user_labels=context.labels,
                notification_channels=list(channels),
                documentation=monitoring.AlertPolicyDocumentationArgs(content=mail.text, mime_type="text/markdown"),
                alert_strategy=_strategy(mail.at_most_every),
                conditions=[_condition(mail, context)],
                opts=ResourceOptions(parent=self, depends_on=after),
            )
        self.register_outputs({})


def _strategy(limit: str) -> monitoring.AlertPolicyAlertStrategyArgs:
    return monitoring.AlertPolicyAlertStrategyArgs(
        auto_close=_CLOSE,
        notification_rate_limit=monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period=limit),
    )


def _of_this_stack(entries: str, context: CloudContext) -> str:
    """Another stack of the project has a guard of its own."""
    names = " OR ".join(f'"{context.name(function)}"' for function in ("on-budget", "on-clock"))
    return f"{entries} AND resource.labels.service_name=({names})"


def _condition(mail: _Mail, context: CloudContext) -> monitoring.AlertPolicyConditionArgs:
    return monitoring.AlertPolicyConditionArgs(
        display_name=mail.title,
        condition_matched_log=monitoring.AlertPolicyConditionConditionMatchedLogArgs(
            filter=_of_this_stack(mail.entries, context), label_extractors=dict(mail.extracted)
        ),
    )
