"""What is done about a budget's message and a tick of the clock. Doing it again does no harm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from .budget_message import Message, UnreadableError
from .clock import Clock, Job
from .environment import Mode, Settings
from .gke import Cluster, Gke, stop
from .google_requests import Api, ApiError, OutOfTimeError, Patience
from .log import Event, say

_RESERVE_SECONDS = 30
"""Left of the function's time for what is said at its end: a call that is cut off says nothing."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Guard:
    """The guard of one cluster."""

    settings: Settings
    now: Callable[[], datetime] = _now
    patience: Callable[[float], Patience] = Patience

    @cached_property
    def _api(self) -> Api:
        return Api(self.settings.apis)

    @cached_property
    def _gke(self) -> Gke:
        settings = self.settings
        return Gke(self._api, project=settings.project, location=settings.location, cluster=settings.cluster)

    def on_budget(self, event: object) -> None:
        """Act on a budget's message; raises ApiError or OutOfTimeError where it should be delivered again."""
        try:
            message = Message.of_event(event)
        except UnreadableError as error:
            say(Event.UNREADABLE, f"a budget message cannot be read and is put aside: {error}")
            return
        if reason := message.stale(self.now()):
            say(Event.STALE, f"a budget message is put aside: {reason}")
        elif message.currency != self.settings.currency:
            say(Event.WRONG_CURRENCY, _wrong_currency(message, self.settings.currency))
        elif message.share < self.settings.share:
            say(Event.BELOW_SHARE, _amounts(message))
        else:
            self._above(message)

    def _above(self, message: Message) -> None:
        settings = self.settings
        said = f"{_amounts(message)}; the guard acts from {settings.share:.0%}"
        if settings.mode is not Mode.SCALE_TO_ZERO:
            say(Event.ABOVE_SHARE, f"{said}, but its mode is {settings.mode}", mail=settings.mode is Mode.NOTIFY)
        elif self._is_awake():
            say(Event.AWAKE, f"{said}, but scripts/wake has said that the nodes may run on")
        else:
            self._stop(said)

    def _is_awake(self) -> bool:
        """Whether scripts/wake overrides the budget; not where that cannot be read, since money is at stake."""
        try:
            return Job(api=self._api, name=self.settings.clock_job).read().overrides_budget(self.now())
        except (ApiError, UnreadableError) as error:
            say(Event.FAILED, f"what scripts/wake has set cannot be read, and so does not count: {error}")
            return False

    def on_clock(self, body: bytes) -> None:
        """Act on a tick; raises ApiError or OutOfTimeError where this one did not do what it should."""
        try:
            clock = Clock.of_body(body)
        except UnreadableError as error:
            say(Event.UNREADABLE, f"{error}. Set the time anew: scripts/extend HOURS")
            clock = Clock(until=None)
        if self.settings.mode is Mode.OFF or (clock.until is None and self.settings.ttl is None):
            say(Event.NOT_YET, "no time is set, or the guard's mode is off")
        elif clock.until and self.now() < clock.until:
            say(Event.NOT_YET, f"the nodes may run until {clock.until:%Y-%m-%d %H:%M} UTC")
        else:
            self._tick(clock)

    def _tick(self, clock: Clock) -> None:
        cluster = self._cluster()
        deadline = cluster and clock.deadline(created=cluster.created, ttl=self.settings.ttl)
        if cluster is None or deadline is None:
            return
        said = f"the nodes were to run until {deadline.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if self.now() < deadline:
            say(Event.NOT_YET, said)
        elif self.settings.mode is Mode.NOTIFY:
            say(Event.TIME_IS_UP, f"{said}, but the guard's mode is notify", mail=_runs(cluster))
        else:
            self._stop(said)

    def _cluster(self) -> Cluster | None:
        try:
            cluster = self._gke.cluster()
        except ApiError as error:
            say(Event.FAILED, f"the cluster cannot be read: {error}")
            raise
        if cluster is None:
            say(Event.CLUSTER_GONE, f"there is no cluster {self.settings.cluster} that runs")
        return cluster

    def _stop(self, why: str) -> None:
        # The reading counts against the function's time too.
        patience = self.patience(self.settings.timeout - _RESERVE_SECONDS)
        cluster = self._cluster()
        if cluster is None:
            return
        if not _runs(cluster):
            say(Event.ALREADY_ZERO, f"{why}; the nodes are stopped already")
            return
        _say_what_is_unknown(cluster)
        changed: list[str] = []
        try:
            stop(self._gke, cluster, patience=patience, accepted=changed)
        except OutOfTimeError as error:
            event = Event.SCALING_TO_ZERO if changed else Event.UNFINISHED
            say(event, f"{why}; the nodes are not all stopped yet: still waiting for {error}. The next call goes on")
            raise
        except ApiError as error:
            say(Event.FAILED, f"{why}; the nodes cannot be stopped: {error}")
            raise
        said = f"{why}; the nodes are stopped, all data stay on their disks: scripts/wake"
        say(Event.SCALED_TO_ZERO, said, mail=_is_known_to_run(cluster))


def _runs(cluster: Cluster) -> bool:
    return any(pool.scales_itself or pool.nodes != 0 for pool in cluster.pools)


def _is_known_to_run(cluster: Cluster) -> bool:
    return any(pool.scales_itself or pool.nodes for pool in cluster.pools)


def _say_what_is_unknown(cluster: Cluster) -> None:
    """Pools of unknown size are set to zero at every call: a person is told once a day, not every time."""
    names = ", ".join(pool.name for pool in cluster.pools if pool.nodes is None)
    if names:
        right = "does its account have compute.instanceGroupManagers.get?"
        say(Event.FAILED, f"how many nodes {names} has cannot be read, which counts as some; {right}")


def _amounts(message: Message) -> str:
    crossed = [
        f"{name} threshold {value:.0%} crossed"
        for name, value in (("actual", message.actual_threshold), ("forecast", message.forecast_threshold))
        if value is not None
    ]
    spent = f"{message.cost:.2f} of {message.budget:.2f} {message.currency} spent ({message.share:.0%})"
    return ", ".join([f"budget {message.budget_name!r}: {spent}", *crossed])


def _wrong_currency(message: Message, wanted: str) -> str:
    return (
        f"the budget {message.budget_name!r} counts in {message.currency}, the guard in {wanted}: nothing is done. "
        f"Set the stack's budget currency to {message.currency}, or take another budget off this topic"
    )
