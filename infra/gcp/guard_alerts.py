"""Alert policies about a guard that no longer works: its clock fails, is paused or silent, or its budget is silent.

The guard cannot report these itself: it is not called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_gcp import monitoring

from infra.gcp.alert_policy import make_alert_policy
from infra.gcp.cloud_context import CloudContext
from infra.gcp.guard_config import CLOCK_JOB, ON_BUDGET, ON_CLOCK

_CALLS = "run.googleapis.com/request_count"
_PROMQL_CALLS = "run_googleapis_com:request_count"
_LONGEST_ABSENCE = "84600s"
"""23.5 hours, the most that Google allows; a budget's messages come several times a day."""
_SILENCE_MINUTES = 30
"""Added to the hour of the query: the first call comes up to 15 minutes after the policy is created."""
_MEND = "`scripts/guard-test` says what is wrong, and the command that mends it."


@dataclass(frozen=True, kw_only=True)
class GuardAlert:
    """An alert policy with one condition; `at_most_every` limits the e-mails of one about log entries."""

    title: str
    text: str
    condition: monitoring.AlertPolicyConditionArgs
    at_most_every: str | None = None


def guard_alerts(context: CloudContext, *, has_budget: bool) -> Mapping[str, GuardAlert]:
    """Return every alert by its name; without a budget nothing is expected of it."""
    alerts = {
        "guard-clock-fails": _clock_fails(context),
        "guard-clock-changed": _clock_changed(context),
        "guard-clock-silent": _clock_silent(context),
    }
    return {**alerts, **({"guard-budget-silent": _budget_silent(context)} if has_budget else {})}


def _clock_fails(context: CloudContext) -> GuardAlert:
    title = "A call of the guard's clock has failed"
    job = context.name(CLOCK_JOB)
    log_filter = f'resource.type="cloud_scheduler_job" AND resource.labels.job_id="{job}" AND severity>=ERROR'
    text = (
        "The Scheduler could not call the guard, or the guard answered with an error. The next call comes within "
        f"15 minutes; if all fail, nothing stops the nodes when their time is up. {_MEND}"
    )
    return GuardAlert(title=title, text=text, condition=_log_condition(title, log_filter), at_most_every="86400s")


def _clock_changed(context: CloudContext) -> GuardAlert:
    title = "The guard's clock was paused or deleted"
    log_filter = " AND ".join(
        (
            f'logName="projects/{context.project}/logs/cloudaudit.googleapis.com%2Factivity"',
            'protoPayload.serviceName="cloudscheduler.googleapis.com"',
            'protoPayload.methodName:("PauseJob" OR "DeleteJob")',
            f'protoPayload.resourceName:"jobs/{context.name(CLOCK_JOB)}"',
        )
    )
    job = f"{context.name(CLOCK_JOB)} --location {context.region} --project {context.project}"
    text = (
        "Nothing stops the nodes any more when their time is up. "
        f"Resume it: `gcloud scheduler jobs resume {job}`; if it is deleted: `pulumi up --refresh`. {_MEND}"
    )
    return GuardAlert(title=title, text=text, condition=_log_condition(title, log_filter), at_most_every="300s")


def _clock_silent(context: CloudContext) -> GuardAlert:
    """Not a metric-absence condition: that needs one value first, and a clock may never have called."""
    title = "The guard has not heard its clock for an hour"
    calls = (
        f'{_PROMQL_CALLS}{{monitored_resource="cloud_run_revision",location="{context.region}",'
        f'service_name="{context.name(ON_CLOCK)}",response_code_class="2xx"}}'
    )
    condition = monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_prometheus_query_language=monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
            query=f"absent_over_time({calls}[1h])",
            duration=f"{_SILENCE_MINUTES * 60}s",
            evaluation_interval="300s",
            # The metric does not exist in a new project.
            disable_metric_validation=True,
        ),
    )
    return GuardAlert(title=title, text=f"Nothing stops the nodes when their time is up. {_MEND}", condition=condition)


def _budget_silent(context: CloudContext) -> GuardAlert:
    """A metric-absence condition: its first value is the test at the end of `pulumi up`, hours before the budget's."""
    title = "The guard has not heard its budget for a day"
    service = f'resource.labels.service_name="{context.name(ON_BUDGET)}"'
    condition = monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_absent=monitoring.AlertPolicyConditionConditionAbsentArgs(
            filter=f'metric.type="{_CALLS}" AND resource.type="cloud_run_revision" AND {service}',
            duration=_LONGEST_ABSENCE,
            aggregations=[
                monitoring.AlertPolicyConditionConditionAbsentAggregationArgs(
                    alignment_period="300s",
                    per_series_aligner="ALIGN_DELTA",
                    # All revisions together: an old one's series ends with every new version of the function.
                    cross_series_reducer="REDUCE_SUM",
                )
            ],
        ),
    )
    text = (
        "Google reports a budget several times a day. The budget may be deleted, or disconnected from its topic: then "
        f"only the clock stops the nodes. {_MEND}"
    )
    return GuardAlert(title=title, text=text, condition=condition)


def _log_condition(title: str, log_filter: str) -> monitoring.AlertPolicyConditionArgs:
    return monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_matched_log=monitoring.AlertPolicyConditionConditionMatchedLogArgs(filter=log_filter),
    )


class GuardAlerts(ComponentResource):
    """An alert policy for each of `guard_alerts`, created whether or not monitoring is enabled."""

    def __init__(
        self,
        name: str,
        *,
        context: CloudContext,
        has_budget: bool,
        channels: Sequence[Output[str]],
        after: Sequence[Resource],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:gcp:GuardAlerts", name, None, opts)
        for alert_name, alert in guard_alerts(context, has_budget=has_budget).items():
            make_alert_policy(
                alert_name,
                context=context,
                title=alert.title,
                text=alert.text,
                severity="CRITICAL",
                condition=alert.condition,
                channels=channels,
                at_most_every=alert.at_most_every,
                opts=ResourceOptions(parent=self, depends_on=after),
            )
        self.register_outputs({})
