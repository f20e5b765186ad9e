"""What of a stack is billed, whatever the settings are called that say so."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """A node pool: `low` to `high` machines in all its zones together, each with a boot disk of `disk_gib`."""

    name: str
    setting: str
    """Which one says how many there may be."""
    needed: int
    """With how many everything runs: more than `high` where that is not allowed."""
    machine: str
    spot: bool
    low: int
    high: int
    disk_gib: int
    disk_type: str


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A disk that stays while the nodes are away."""

    name: str
    gib: Decimal
    type: str


@dataclass(frozen=True, kw_only=True)
class BilledResources:
    """What a stack is billed for."""

    stack: str
    region: str
    zonal: bool
    nodes: tuple[Nodes, ...]
    too_large: tuple[str, ...]
    """Pods that no node has room for, each with what it asks for."""
    volumes: tuple[Volume, ...]
    nat: bool
    addresses: int
    """External addresses of the NAT gateway."""
    registry_gib: Decimal
    function_calls: int
    """Calls of the guard in a month; 0 where there is none."""
    clock_jobs: int
    alerts: int
    """Alerting policies, each of one condition."""
    samples: int
    """Samples that Managed Prometheus takes in a second while the nodes run."""
    stops: bool
    """The guard takes the nodes away, rather than only telling of it."""
    ttl_hours: int
    """After how many hours the clock takes the nodes away; 0 for never."""
    uncounted: tuple[str, ...]
    """What the settings make that costs, and has no line."""
    budget: Decimal | None
    """Dollars a month; None where there is none, or it is in another currency."""
