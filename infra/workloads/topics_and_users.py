"""Topics and users of Kafka, as k8s/ describes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions

from infra.workloads.k8s_manifests import Object, merged, objects
from infra.workloads.strimzi_resources import customs
from infra.workloads.workload_context import WorkloadContext

_WAIT_MINUTES = 5


@dataclass(frozen=True, kw_only=True)
class EntitiesArgs:
    """What the entity operators need first."""

    site: WorkloadContext
    after: Sequence[Resource]


class Entities(ComponentResource):
    """Every topic and user; each user's password is in a Secret of its name, made by the user operator."""

    def __init__(self, name: str, args: EntitiesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Entities", name, None, opts)
        for component, entries in (("topic", topics(args.site)), ("user", objects("users.yaml"))):
            customs(
                entries,
                site=args.site,
                component=component,
                parent=self,
                after=args.after,
                wait_minutes=_WAIT_MINUTES,
            )
        self.register_outputs({})


def topics(site: WorkloadContext) -> list[Object]:
    """Every KafkaTopic, with as many copies as the profile has."""
    copies = {"spec": {"replicas": site.profile.replication}}
    return [merged(entry, copies) for entry in objects("topics.yaml")]
