"""Kafka's topics and users, from k8s/topics.yaml and k8s/users.yaml."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions

from infra.workloads.former_names import formerly
from infra.workloads.k8s_manifests import Object, merged, read_manifests
from infra.workloads.strimzi_resources import make_strimzi_resources
from infra.workloads.workload_context import WorkloadContext

_WAIT_MINUTES = 5


@dataclass(frozen=True, kw_only=True)
class TopicsAndUsersArgs:
    """`after` holds what reconciles them: Kafka with its topic and user operator."""

    context: WorkloadContext
    after: Sequence[Resource]


class TopicsAndUsers(ComponentResource):
    """Every topic and user; the user operator puts each user's password into a Secret of the user's name."""

    def __init__(self, name: str, args: TopicsAndUsersArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(
            "sluice:workloads:TopicsAndUsers", name, None, formerly("entities", "sluice:workloads:Entities", opts)
        )
        for component, entries in (("topic", topic_manifests(args.context)), ("user", read_manifests("users.yaml"))):
            make_strimzi_resources(
                entries,
                context=args.context,
                component=component,
                parent=self,
                after=args.after,
                wait_minutes=_WAIT_MINUTES,
            )
        self.register_outputs({})


def topic_manifests(context: WorkloadContext) -> list[Object]:
    """Every KafkaTopic manifest, with the profile's replication factor."""
    replicas = {"spec": {"replicas": context.profile.replication}}
    return [merged(entry, replicas) for entry in read_manifests("topics.yaml")]
