"""Alert policies, by e-mail: a failed task, a sink that hangs or lags, a full disk, a full Redis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_gcp import monitoring

from infra.gcp.alert_policy import make_alert_policy
from infra.gcp.cloud_context import CloudContext
from infra.gcp.metrics import DISK, FAILED_TASKS, LAG, MEMORY, SINK_RATE, SINKS, UNWRITTEN_RECORDS

_MIB = 1 << 20
_DISK_SHARE = 0.8
_REDIS_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A PromQL query that returns something only where something is wrong.

    `minutes` is for how long before the e-mail; `remedy` is its text, in Markdown.
    """

    title: str
    query: str
    minutes: int
    remedy: str


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """`channels` are names of notification channels; `after` holds the budget."""

    context: CloudContext
    namespace: str
    redis_maxmemory_mi: int
    channels: Sequence[Output[str]]
    after: Sequence[Resource]


def alerts(args: AlertsArgs) -> Mapping[str, Alert]:
    """Return every alert by its name."""
    here = f'cluster="{args.context.settings.cluster.name}",namespace="{args.namespace}"'
    ours = f'cluster_name="{args.context.settings.cluster.name}",namespace_name="{args.namespace}"'
    redis = int(_REDIS_SHARE * args.redis_maxmemory_mi * _MIB)
    lag = f"{LAG}{{{here},{SINKS}}}"
    behind = f"max by (client_id) ({lag} > {args.context.settings.monitoring.lag_records} and delta({lag}[15m]) >= 0)"
    # A consumer updates its lag when it fetches, and a task that waits for its store does not fetch.
    hanging = f"max by (connector, task) ({UNWRITTEN_RECORDS}{{{here}}} > 0 and {SINK_RATE}{{{here}}} == 0)"
    return {
        "failed-task": Alert(
            title="A connector's task has failed",
            query=f"max by (connector) ({FAILED_TASKS}{{{here}}}) > 0",
            minutes=2,
            remedy="`sluice status` names the reason. Strimzi starts it again a few times by itself.",
        ),
        "lag": Alert(
            title="A sink hangs, or is behind and does not catch up",
            query=f"{behind} or {hanging}",
            minutes=15,
            remedy="Check its store. If that is only slow: add tasks (docs/kubernetes.md, Growing).",
        ),
        "disk": Alert(
            title="A disk is filled above 80 %",
            query=f'max by (pod_name, volume_name) ({DISK}{{monitored_resource="k8s_pod",{ours}}}) > {_DISK_SHARE}',
            minutes=5,
            remedy="docs/kubernetes.md, Growing: kafka.storage can grow. MySQL's and Redis' disks keep their size.",
        ),
        "redis-memory": Alert(
            title="Redis is filled above 90 % of its maxmemory",
            query=f'max by (pod_name) ({MEMORY}{{monitored_resource="k8s_container",{ours},container_name="redis",'
            f'memory_type="non-evictable"}}) > {redis}',
            minutes=5,
            remedy="A full Redis refuses writes: raise redis.maxmemoryMi, or delete images (--tombstones).",
        ),
    }


class Alerts(ComponentResource):
    """An alert policy for each of `alerts`."""

    def __init__(self, name: str, args: AlertsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Alerts", name, None, opts)
        self._args = args
        self._inside = ResourceOptions(parent=self, depends_on=args.after)
        for alert_name, alert in alerts(args).items():
            self._make_policy(alert_name, alert)
        self.register_outputs({})

    def _make_policy(self, name: str, alert: Alert) -> None:
        make_alert_policy(
            name,
            context=self._args.context,
            title=alert.title,
            text=alert.remedy,
            severity="WARNING",
            condition=monitoring.AlertPolicyConditionArgs(
                display_name=alert.title,
                condition_prometheus_query_language=monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
                    query=alert.query,
                    duration=f"{alert.minutes * 60}s",
                    evaluation_interval="60s",
                    # The metrics do not exist before the first scrape.
                    disable_metric_validation=True,
                ),
            ),
            channels=self._args.channels,
            opts=self._inside,
        )
