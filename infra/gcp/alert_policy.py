"""An alert policy of the stack, with what all of them have in common."""

from collections.abc import Sequence

from pulumi import Output, ResourceOptions
from pulumi_gcp import monitoring

from infra.gcp.cloud_context import CloudContext

_AUTO_CLOSE = "86400s"


def policy_name(context: CloudContext, title: str) -> str:
    """Display name of an alert policy."""
    return f"{context.settings.cluster.name}: {title}"


def make_alert_policy(
    name: str,
    *,
    context: CloudContext,
    title: str,
    text: str,
    severity: str,
    condition: monitoring.AlertPolicyConditionArgs,
    channels: Sequence[Output[str]],
    at_most_every: str | None = None,
    opts: ResourceOptions,
) -> monitoring.AlertPolicy:
    """Create a policy with one condition that sends `text`, which is Markdown, to the channels.

    `at_most_every`, such as 300s, limits the e-mails. Google requires it for a condition about log entries, and refuses
    it for any other.
    """
    limit = (
        monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period=at_most_every) if at_most_every else None
    )
    return monitoring.AlertPolicy(
        name,
        project=context.project,
        display_name=policy_name(context, title),
        combiner="OR",
        severity=severity,
        user_labels=context.labels,
        notification_channels=list(channels),
        documentation=monitoring.AlertPolicyDocumentationArgs(content=text, mime_type="text/markdown"),
        alert_strategy=monitoring.AlertPolicyAlertStrategyArgs(auto_close=_AUTO_CLOSE, notification_rate_limit=limit),
        conditions=[condition],
        opts=opts,
    )
