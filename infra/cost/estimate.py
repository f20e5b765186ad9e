"""The sum: each line of what a stack costs a month, at least, at most, and while its nodes are at zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from infra.cost.billed_resources import BilledResources, Nodes
from infra.cost.machine_types import machine
from infra.cost.price_table import Prices

_NAT_VMS = 32
"""More of them cost a NAT gateway no more."""
_CALL_SECONDS, _CALL_CORES, _CALL_GIB = 10, 1, Decimal("0.5")
"""What a call of the guard is taken to use: more than it does."""
_SECONDS = 730 * 3600


@dataclass(frozen=True, kw_only=True)
class Range:
    """Dollars a month: with the fewest nodes, with the most, and with none."""

    low: Decimal
    high: Decimal
    stopped: Decimal

    def __add__(self, other: "Range") -> "Range":
        return Range(low=self.low + other.low, high=self.high + other.high, stopped=self.stopped + other.stopped)


NOTHING = Range(low=Decimal(0), high=Decimal(0), stopped=Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the bill. `cost` is None where a price is not known; `missing` names it then."""

    name: str
    detail: str
    cost: Range | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """All lines, for one shape."""

    shape: BilledResources
    lines: tuple[Line, ...]

    @property
    def total(self) -> Range:
        """Of the lines whose price is known."""
        return sum((line.cost for line in self.lines if line.cost), NOTHING)

    @property
    def missing(self) -> tuple[str, ...]:
        """Prices that are not known: the total is that much too low."""
        return tuple(dict.fromkeys(name for line in self.lines for name in line.missing))


@dataclass(frozen=True, kw_only=True)
class _Use:
    """How much of a thing is used, with the fewest nodes, the most, and none."""

    price: str
    low: Decimal
    high: Decimal
    stopped: Decimal

    @classmethod
    def always(cls, price: str, amount: Decimal | int) -> "_Use":
        return cls(price=price, low=Decimal(amount), high=Decimal(amount), stopped=Decimal(amount))

    @classmethod
    def of_nodes(cls, price: str, nodes: Nodes, each: Decimal | int) -> "_Use":
        return cls(price=price, low=nodes.low * Decimal(each), high=nodes.high * Decimal(each), stopped=Decimal(0))


def estimate(shape: BilledResources, prices: Prices) -> Estimate:
    """What a stack of this shape costs at these prices."""
    bill = _Bill(prices=prices, region=shape.region)
    lines = [*_cluster(bill, shape)]
    for nodes in shape.nodes:
        lines += _nodes(bill, nodes)
    lines += [*_disks(bill, shape), *_network(bill, shape), *_services(bill, shape)]
    return Estimate(shape=shape, lines=tuple(lines))


@dataclass(frozen=True, kw_only=True)
class _Bill:
    """Makes lines of what is used."""

    prices: Prices
    region: str

    def line(self, name: str, detail: str, uses: Sequence[_Use]) -> Line:
        """A line for several uses together."""
        missing = tuple(use.price for use in uses if self.prices.of(use.price, self.region) is None)
        if missing:
            return Line(name=name, detail=detail, cost=None, missing=missing)
        return Line(name=name, detail=detail, cost=sum((self._cost(use) for use in uses), NOTHING))

    def _cost(self, use: _Use) -> Range:
        price = self.prices.of(use.price, self.region)
        if price is None:
            return NOTHING
        amounts = (use.low, use.high, use.stopped)
        low, high, stopped = (max(Decimal(0), amount - price.free) * price.a_month for amount in amounts)
        return Range(low=low, high=high, stopped=stopped)


def _cluster(bill: _Bill, shape: BilledResources) -> Iterable[Line]:
    fee = bill.line("cluster fee", "zonal or regional", [_Use.always("cluster-fee", 1)])
    yield fee
    if not shape.zonal:
        yield Line(name="fee's credit", detail="none for a regional one", cost=NOTHING)
        return
    credit = bill.line("fee's credit", "one zonal one an account", [_Use.always("cluster-credit", 1)])
    if fee.cost and credit.cost:
        less = -min(fee.cost.low, credit.cost.low)
        yield Line(name=credit.name, detail=credit.detail, cost=Range(low=less, high=less, stopped=less))
    else:
        yield credit


def _nodes(bill: _Bill, nodes: Nodes) -> Iterable[Line]:
    kind = machine(nodes.machine)
    name, detail = f"nodes, {nodes.name}", f"{_count(nodes)} {nodes.machine}"
    if kind is None:
        yield Line(name=name, detail=detail, cost=None, missing=(nodes.machine,))
    else:
        suffix = "-spot" if nodes.spot else ""
        core = _Use.of_nodes(f"{kind.family}-core{suffix}", nodes, kind.cores)
        yield bill.line(name, detail, [core, _Use.of_nodes(f"{kind.family}-ram{suffix}", nodes, kind.gib)])
    disk = _Use.of_nodes(nodes.disk_type, nodes, nodes.disk_gib)
    yield bill.line(f"boot disks, {nodes.name}", f"{_count(nodes)} × {nodes.disk_gib} GiB {nodes.disk_type}", [disk])


def _count(nodes: Nodes) -> str:
    return f"{nodes.low}" if nodes.low == nodes.high else f"{nodes.low} to {nodes.high}"


def _disks(bill: _Bill, shape: BilledResources) -> Iterable[Line]:
    for volume in shape.volumes:
        yield bill.line(
            f"disk {volume.name}", f"{volume.gib:f} GiB {volume.type}", [_Use.always(volume.type, volume.gib)]
        )


def _network(bill: _Bill, shape: BilledResources) -> Iterable[Line]:
    if not shape.nat:
        return
    low = min(sum(nodes.low for nodes in shape.nodes), _NAT_VMS)
    high = min(sum(nodes.high for nodes in shape.nodes), _NAT_VMS)
    vms = _Use(price="nat-vm", low=Decimal(low), high=Decimal(high), stopped=Decimal(0))
    yield bill.line("NAT", "each node; traffic is extra", [vms])
    yield bill.line("address", f"{shape.addresses} of the NAT", [_Use.always("address", shape.addresses)])


def _services(bill: _Bill, shape: BilledResources) -> Iterable[Line]:
    stored = _Use.always("registry", shape.registry_gib)
    yield bill.line("registry", f"{shape.registry_gib:f} GiB of images, assumed", [stored])
    calls, seconds = shape.function_calls, shape.function_calls * _CALL_SECONDS
    uses = [
        _Use.always("function-core", seconds * _CALL_CORES),
        _Use.always("function-ram", seconds * _CALL_GIB),
        _Use.always("function-call", calls),
    ]
    yield bill.line("function", f"{calls} calls of the guard", uses)
    yield bill.line("clock", f"{shape.clock_jobs} scheduler job", [_Use.always("clock", shape.clock_jobs)])
    yield bill.line("alerts", f"{shape.alerts} alerting policies", [_Use.always("alert", shape.alerts)])
    if shape.samples:
        millions = Decimal(shape.samples * _SECONDS) / 1_000_000
        metrics = _Use(price="metrics", low=millions, high=millions, stopped=Decimal(0))
        yield bill.line("metrics", f"{shape.samples} sample/s, assumed", [metrics])
