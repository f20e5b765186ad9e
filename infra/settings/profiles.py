"""How much of everything: the small profile, for one machine, and the large one, which a zone may leave.

What k8s/kafka.yaml says of the small cluster is not said again: None stands for what is written there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.settings.stack_settings import Settings


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a container is promised, and the memory it may not exceed; CPU is never cut off."""

    cpu: str
    memory_mi: int


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Numbers that grow together."""

    brokers: int
    controllers: int
    """0 where the one node is broker and controller."""
    replication: int
    """Copies of each partition."""
    min_insync: int
    """Copies that have a record before it is acknowledged."""
    broker: Resources | None
    broker_heap_mi: int | None
    kafka_storage: str | None
    controller: Resources | None
    controller_heap_mi: int | None
    registry_replicas: int
    mysql: Resources
    mysql_buffer_mi: int
    mysql_storage: str
    redis_cpu: str
    redis_maxmemory_mi: int
    redis_storage: str
    quota: Mapping[str, str]

    @property
    def redis(self) -> Resources:
        """Half as much again as Redis may hold: while it rewrites its log, what is changed is there twice."""
        return Resources(cpu=self.redis_cpu, memory_mi=self.redis_maxmemory_mi * 3 // 2)


_NOTHING_OUTSIDE = {"services.loadbalancers": "0", "services.nodeports": "0"}
_SMALL = Profile(
    brokers=1,
    controllers=0,
    replication=1,
    min_insync=1,
    broker=None,
    broker_heap_mi=None,
    kafka_storage=None,
    controller=None,
    controller_heap_mi=None,
    registry_replicas=1,
    mysql=Resources(cpu="250m", memory_mi=1024),
    mysql_buffer_mi=256,
    mysql_storage="10Gi",
    redis_cpu="100m",
    redis_maxmemory_mi=512,
    redis_storage="5Gi",
    quota={"requests.cpu": "6", "requests.memory": "16Gi", "limits.memory": "16Gi", "pods": "30", **_NOTHING_OUTSIDE},
)
_LARGE = Profile(
    brokers=3,
    controllers=3,
    replication=3,
    min_insync=2,
    broker=Resources(cpu="1", memory_mi=4096),
    broker_heap_mi=1536,
    kafka_storage="100Gi",
    controller=Resources(cpu="250m", memory_mi=1024),
    controller_heap_mi=512,
    registry_replicas=2,
    mysql=Resources(cpu="1", memory_mi=4096),
    mysql_buffer_mi=2048,
    mysql_storage="50Gi",
    redis_cpu="500m",
    redis_maxmemory_mi=4096,
    redis_storage="20Gi",
    quota={"requests.cpu": "24", "requests.memory": "64Gi", "limits.memory": "64Gi", "pods": "60", **_NOTHING_OUTSIDE},
)
_PROFILES: Mapping[str, Profile] = {"small": _SMALL, "large": _LARGE}


def resolve_profile(settings: Settings) -> Profile:
    """The profile that a stack names, with what the stack has otherwise."""
    sizes = settings.sizes
    base = _PROFILES[settings.profile]
    return replace(
        base,
        brokers=sizes.kafka_brokers or base.brokers,
        kafka_storage=sizes.kafka_storage or base.kafka_storage,
        mysql_storage=sizes.mysql_storage or base.mysql_storage,
        redis_storage=sizes.redis_storage or base.redis_storage,
        redis_maxmemory_mi=sizes.redis_maxmemory_mi or base.redis_maxmemory_mi,
    )
