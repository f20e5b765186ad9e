"""Topics and users of Kafka, as k8s/ describes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions

from infra.workloads.k8s_manifests import Object, merged, read_manifests
from infra.workloads.strimzi_resources import make_strimzi_resources
from infra.workloads.workload_context import WorkloadContext

_WAIT_MINUTES = 5


@dataclass(frozen=True, kw_only=True)
class TopicsAndUsersArgs:
    """What the entity operators need first."""

    context: WorkloadContext
    after: Sequence[Resource]


class TopicsAndUsers(ComponentResource):
    """Every topic and user; each user's password is in a Secret of its name, made by the user operator."""

    def __init__(self, name: str, args: TopicsAndUsersArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Entities", name, None, opts)
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
    """Every KafkaTopic, with as many copies as the profile has."""
    copies = {"spec": {"replicas": context.profile.replication}}
    return [merged(entry, copies) for entry in read_manifests("topics.yaml")]
