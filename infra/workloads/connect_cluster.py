"""Kafka Connect (k8s/connect.yaml, our image) and its connectors (k8s/connectors/)."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions

from infra.workloads.k8s_manifests import Object, merged, read_connectors, read_manifest
from infra.workloads.network_policies import CONNECT_PORT
from infra.workloads.strimzi_resources import make_strimzi_resource, make_strimzi_resources
from infra.workloads.workload_context import PART_OF, WorkloadContext

_WAIT_MINUTES = 10
_CONNECTOR_WAIT_MINUTES = 5
_SERVICE = f"{PART_OF}-connect-api"
URL = f"http://{_SERVICE}:{CONNECT_PORT}"
METRICS = ("kafka_connect_.*", "kafka_consumer_consumer_fetch_manager_metrics_.*")
"""Metrics that the workers export, as regular expressions.

Strimzi's default lacks the numbers of records that a task has read and written.
"""


@dataclass(frozen=True, kw_only=True)
class ConnectArgs:
    """`after` holds what the workers need: their Kafka user, their topics, and the Secrets of both stores.

    Strimzi looks for a missing Secret again only after two minutes.
    """

    context: WorkloadContext
    after: Sequence[Resource]


class Connect(ComponentResource):
    """The workers and connectors; only Strimzi may change connectors, so Connect's REST API is for reading."""

    url: str

    def __init__(self, name: str, args: ConnectArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Connect", name, None, opts)
        workers = make_strimzi_resource(
            kafka_connect_manifest(args.context),
            context=args.context,
            component="connect",
            parent=self,
            after=args.after,
            wait_minutes=_WAIT_MINUTES,
        )
        make_strimzi_resources(
            read_connectors(),
            context=args.context,
            component="connector",
            parent=self,
            after=[*args.after, workers],
            wait_minutes=_CONNECTOR_WAIT_MINUTES,
        )
        self.url = URL
        self.register_outputs({"url": self.url})


def kafka_connect_manifest(context: WorkloadContext) -> Object:
    """The KafkaConnect manifest with the image, the metrics, the probes and the pod settings of a cluster."""
    pods = {"matchLabels": {"strimzi.io/cluster": PART_OF, "strimzi.io/name": f"{PART_OF}-connect"}}
    keys = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    here = {
        "image": context.images.ours("connect"),
        "metricsConfig": {"type": "strimziMetricsReporter", "values": {"allowList": list(METRICS)}},
        # A worker is ready after some 15 s; the default delay of the first probe is 60 s.
        "readinessProbe": {"initialDelaySeconds": 10, "periodSeconds": 5, "timeoutSeconds": 5},
        # While a broker is away a worker's health check fails too, and a restart would not help. Strimzi
        # has no startup probe for it: a worker has 180 s to find its broker.
        "livenessProbe": {"initialDelaySeconds": 120, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6},
        "template": {
            "pod": {
                # Otherwise each Service puts variables like REDIS_PORT=tcp://… into the worker.
                "enableServiceLinks": False,
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": pods}
                    for key in keys
                ],
            },
            "podDisruptionBudget": {"maxUnavailable": 1},
        },
    }
    return merged(read_manifest("connect.yaml", "KafkaConnect"), {"spec": here})
