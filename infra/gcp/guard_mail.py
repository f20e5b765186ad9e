"""What the guard writes into its log, as e-mail."""

from collections.abc import Sequence

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_gcp import monitoring

from infra.gcp.ground import CloudSite
from infra.gcp.guard_function.sluice_guard.log import MAIL_DAILY, MAIL_NOW

_CLOSE = "86400s"
_GUARD_MAIL = {
    "now": ("The guard has stopped the nodes", MAIL_NOW, "300s"),
    "daily": ("The guard has something to say", MAIL_DAILY, "86400s"),
}
_GUARD_TEXT = (
    "${log.extracted_label.event}: ${log.extracted_label.said}\n\n"
    "All data is still on its disks, which go on costing. `scripts/wake` brings the nodes back, `pulumi destroy` ends "
    "it all. docs/cost.md says what still costs."
)


class GuardMail(ComponentResource):
    """What the guard writes into its log, as e-mail. It is there whether or not metrics are scraped."""

    def __init__(
        self,
        name: str,
        *,
        site: CloudSite,
        channels: Sequence[Output[str]],
        after: Sequence[Resource],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:gcp:GuardMail", name, None, opts)
        for how_soon, (title, entries, limit) in _GUARD_MAIL.items():
            monitoring.AlertPolicy(
                f"guard-{how_soon}",
                project=site.project,
                display_name=f"{site.settings.place.name}: {title}",
                combiner="OR",
                severity="CRITICAL" if how_soon == "now" else "WARNING",
                user_labels=site.labels,
                notification_channels=list(channels),
                documentation=monitoring.AlertPolicyDocumentationArgs(content=_GUARD_TEXT, mime_type="text/markdown"),
                alert_strategy=_strategy(limit),
                conditions=[_condition(title, _of_this_stack(entries, site))],
                opts=ResourceOptions(parent=self, depends_on=after),
            )
        self.register_outputs({})


def _strategy(limit: str) -> monitoring.AlertPolicyAlertStrategyArgs:
    return monitoring.AlertPolicyAlertStrategyArgs(
        auto_close=_CLOSE,
        notification_rate_limit=monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period=limit),
    )


def _of_this_stack(entries: str, site: CloudSite) -> str:
    """Another stack of the project has a guard of its own."""
    names = " OR ".join(f'"{site.name(function)}"' for function in ("on-budget", "on-clock"))
    return f"{entries} AND resource.labels.service_name=({names})"


def _condition(title: str, entries: str) -> monitoring.AlertPolicyConditionArgs:
    return monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_matched_log=monitoring.AlertPolicyConditionConditionMatchedLogArgs(
            filter=entries,
            label_extractors={
                "event": "EXTRACT(jsonPayload.sluice_guard)",
                "said": "EXTRACT(jsonPayload.message)",
            },
        ),
    )
