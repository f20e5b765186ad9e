"""Estimate of what a stack costs per month, line by line: minimum, maximum, and with its nodes at zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from infra.cost.billed_resources import BilledResources
from infra.cost.machine_types import parse_machine_type
from infra.cost.node_pool_sizes import BilledNodePool
from infra.cost.price_table import HOURS_PER_MONTH, Prices

_NAT_MAX_VMS = 32
"""Number of machines above which a NAT gateway costs no more."""
_CALL_SECONDS, _CALL_CORES, _CALL_GIB = 10, 1, Decimal("0.5")
"""Assumed use of one call of the guard: more than measured."""
_SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600


@dataclass(frozen=True, kw_only=True)
class CostRange:
    """Dollars per month: with the fewest nodes, with the most, and with none."""

    low: Decimal
    high: Decimal
    stopped: Decimal

    def __add__(self, other: "CostRange") -> "CostRange":
        return CostRange(low=self.low + other.low, high=self.high + other.high, stopped=self.stopped + other.stopped)


NO_COST = CostRange(low=Decimal(0), high=Decimal(0), stopped=Decimal(0))


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One line of the estimate. `cost` is None if a price is unknown; `missing` names the prices then."""

    name: str
    detail: str
    cost: CostRange | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """All lines for one stack."""

    resources: BilledResources
    lines: tuple[CostLine, ...]

    @property
    def total(self) -> CostRange:
        """Sum of the lines whose price is known."""
        return sum((line.cost for line in self.lines if line.cost), NO_COST)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of unknown prices: the total lacks their lines."""
        return tuple(dict.fromkeys(name for line in self.lines for name in line.missing))


@dataclass(frozen=True, kw_only=True)
class _Usage:
    """Units used of one price: with the fewest nodes, the most, and none."""

    price: str
    low: Decimal
    high: Decimal
    stopped: Decimal

    @classmethod
    def always(cls, price: str, amount: Decimal | int) -> "_Usage":
        """Usage that does not depend on the nodes."""
        return cls(price=price, low=Decimal(amount), high=Decimal(amount), stopped=Decimal(amount))

    @classmethod
    def of_nodes(cls, price: str, pool: BilledNodePool, per_node: Decimal | int) -> "_Usage":
        """Usage by each node of a pool."""
        low, high = pool.min_nodes * Decimal(per_node), pool.max_nodes * Decimal(per_node)
        return cls(price=price, low=low, high=high, stopped=Decimal(0))


def estimate(resources: BilledResources, prices: Prices) -> Estimate:
    """Estimate what these resources cost at these prices."""
    bill = _Bill(prices=prices, region=resources.region)
    lines = [*_cluster(bill, resources)]
    for pool in resources.node_pools:
        lines += _node_pool(bill, pool)
    lines += [*_disks(bill, resources), *_network(bill, resources), *_services(bill, resources)]
    return Estimate(resources=resources, lines=tuple(lines))


@dataclass(frozen=True, kw_only=True)
class _Bill:
    """Prices usage: makes the lines of the estimate."""

    prices: Prices
    region: str

    def line(self, name: str, detail: str, usages: Sequence[_Usage]) -> CostLine:
        """Return one line for several usages together."""
        missing = tuple(usage.price for usage in usages if self.prices.get(usage.price, self.region) is None)
        if missing:
            return CostLine(name=name, detail=detail, cost=None, missing=missing)
        return CostLine(name=name, detail=detail, cost=sum((self._cost(usage) for usage in usages), NO_COST))

    def _cost(self, usage: _Usage) -> CostRange:
        price = self.prices.get(usage.price, self.region)
        if price is None:
            return NO_COST
        amounts = (usage.low, usage.high, usage.stopped)
        low, high, stopped = (max(Decimal(0), amount - price.free) * price.dollars_per_month for amount in amounts)
        return CostRange(low=low, high=high, stopped=stopped)


def _cluster(bill: _Bill, resources: BilledResources) -> Iterable[CostLine]:
    fee = bill.line("cluster fee", "zonal or regional", [_Usage.always("cluster-fee", 1)])
    yield fee
    if not resources.zonal:
        yield CostLine(name="fee's credit", detail="not for a regional cluster", cost=NO_COST)
        return
    credit = bill.line("fee's credit", "free for one zonal cluster", [_Usage.always("cluster-credit", 1)])
    if fee.cost and credit.cost:
        less = -min(fee.cost.low, credit.cost.low)
        yield CostLine(name=credit.name, detail=credit.detail, cost=CostRange(low=less, high=less, stopped=less))
    else:
        yield credit


def _node_pool(bill: _Bill, pool: BilledNodePool) -> Iterable[CostLine]:
    machine = parse_machine_type(pool.machine_type)
    name, detail = f"nodes, {pool.name}", f"{_count(pool)} {pool.machine_type}"
    if machine is None:
        yield CostLine(name=name, detail=detail, cost=None, missing=(pool.machine_type,))
    else:
        suffix = "-spot" if pool.spot else ""
        cores = _Usage.of_nodes(f"{machine.family}-core{suffix}", pool, machine.cores)
        memory = _Usage.of_nodes(f"{machine.family}-ram{suffix}", pool, machine.gib)
        yield bill.line(name, detail, [cores, memory])
    disk = _Usage.of_nodes(pool.disk_type, pool, pool.disk_gib)
    yield bill.line(f"boot disks, {pool.name}", f"{_count(pool)} × {pool.disk_gib} GiB {pool.disk_type}", [disk])


def _count(pool: BilledNodePool) -> str:
    return f"{pool.min_nodes}" if pool.min_nodes == pool.max_nodes else f"{pool.min_nodes} to {pool.max_nodes}"


def _disks(bill: _Bill, resources: BilledResources) -> Iterable[CostLine]:
    for volume in resources.volumes:
        yield bill.line(
            f"disk {volume.name}", f"{volume.gib:f} GiB {volume.type}", [_Usage.always(volume.type, volume.gib)]
        )


def _network(bill: _Bill, resources: BilledResources) -> Iterable[CostLine]:
    if not resources.nat:
        return
    low = min(sum(pool.min_nodes for pool in resources.node_pools), _NAT_MAX_VMS)
    high = min(sum(pool.max_nodes for pool in resources.node_pools), _NAT_MAX_VMS)
    vms = _Usage(price="nat-vm", low=Decimal(low), high=Decimal(high), stopped=Decimal(0))
    yield bill.line("NAT", "each node; traffic is extra", [vms])
    yield bill.line(
        "address", f"{resources.nat_addresses} of the NAT", [_Usage.always("address", resources.nat_addresses)]
    )


def _services(bill: _Bill, resources: BilledResources) -> Iterable[CostLine]:
    stored = _Usage.always("registry", resources.registry_gib)
    yield bill.line("registry", f"{resources.registry_gib:f} GiB of images, assumed", [stored])
    calls, seconds = resources.guard_calls, resources.guard_calls * _CALL_SECONDS
    usages = [
        _Usage.always("function-core", seconds * _CALL_CORES),
        _Usage.always("function-ram", seconds * _CALL_GIB),
        _Usage.always("function-call", calls),
    ]
    yield bill.line("function", f"{calls} calls of the guard", usages)
    yield bill.line(
        "clock", f"{resources.scheduler_jobs} scheduler job", [_Usage.always("clock", resources.scheduler_jobs)]
    )
    yield bill.line(
        "alerts",
        f"{resources.alerting_policies} alerting policies",
        [_Usage.always("alert", resources.alerting_policies)],
    )
    if resources.samples_per_second:
        millions = Decimal(resources.samples_per_second * _SECONDS_PER_MONTH) / 1_000_000
        metrics = _Usage(price="metrics", low=millions, high=millions, stopped=Decimal(0))
        yield bill.line("metrics", f"{resources.samples_per_second} sample/s, assumed", [metrics])
