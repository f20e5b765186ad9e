"""Handlers of budget messages and of the Scheduler job's calls; both are idempotent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from .budget_message import BudgetMessage, UnreadableError
from .clock import ClockSetting, SchedulerJob
from .environment import GuardSettings, Mode
from .gke import Cluster, Gke, scale_to_zero
from .google_requests import ApiClient, ApiError, OutOfTimeError, WaitLimit
from .log import Event, log_event
from .self_test import SelfTest, requested_test
from .sleep_watch import SleepWatch

_RESERVE_SECONDS = 30
"""Kept of the function's timeout for the last log entry: a call that is cut off writes none."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Guard:
    """The guard of one cluster."""

    settings: GuardSettings
    now: Callable[[], datetime] = _now
    limit_wait: Callable[[float], WaitLimit] = WaitLimit

    @cached_property
    def _api(self) -> ApiClient:
        return ApiClient(self.settings.api_urls)

    @cached_property
    def _gke(self) -> Gke:
        settings = self.settings
        return Gke(self._api, project=settings.project, location=settings.location, cluster=settings.cluster)

    @cached_property
    def self_test(self) -> SelfTest:
        """The test of what this guard could do."""
        return SelfTest(settings=self.settings, api=self._api, gke=self._gke)

    def on_budget(self, event: object) -> None:
        """Handle the data of a budget's event; raises ApiError or OutOfTimeError if it should be delivered again.

        A message that asks for a test is answered in the log, and does nothing else.
        """
        if test := requested_test(event):
            self.self_test.answer(test, now=self.now())
            return
        try:
            message = BudgetMessage.from_event(event)
        except UnreadableError as error:
            log_event(Event.UNREADABLE, f"a budget message cannot be read and is ignored: {error}")
            return
        if reason := message.stale_reason(self.now()):
            log_event(Event.STALE, f"a budget message is ignored: {reason}")
        elif message.currency != self.settings.currency:
            log_event(Event.WRONG_CURRENCY, _wrong_currency(message, self.settings.currency))
        elif message.share < self.settings.share:
            log_event(Event.BELOW_SHARE, _amounts(message))
        else:
            self._handle_above_share(message)

    def _handle_above_share(self, message: BudgetMessage) -> None:
        settings = self.settings
        reason = f"{_amounts(message)}; the guard acts from {settings.share:.0%}"
        if settings.mode is not Mode.SCALE_TO_ZERO:
            log_event(
                Event.ABOVE_SHARE, f"{reason}, but its mode is {settings.mode}", mail=settings.mode is Mode.NOTIFY
            )
        elif self._is_awake():
            log_event(Event.AWAKE, f"{reason}, but scripts/wake overrides the budget")
        else:
            self._stop(reason)

    def _is_awake(self) -> bool:
        """Whether scripts/wake overrides the budget; False if that cannot be read, since money is at stake."""
        try:
            return SchedulerJob(api=self._api, name=self.settings.clock_job).read().overrides_budget(self.now())
        except (ApiError, UnreadableError) as error:
            log_event(Event.FAILED, f"the time set by scripts/wake cannot be read and is ignored: {error}")
            return False

    def on_clock(self, body: bytes) -> None:
        """Handle a call of the Scheduler job with this body; raises ApiError or OutOfTimeError if it could not act."""
        try:
            clock = ClockSetting.from_body(body)
        except UnreadableError as error:
            log_event(Event.UNREADABLE, f"{error}. Set the time again: scripts/extend HOURS")
            clock = ClockSetting(until=None)
        if self.settings.mode is Mode.OFF:
            log_event(Event.NOT_YET, "the guard's mode is off")
            return
        self._check_time(clock)
        SleepWatch(api=self._api, gke=self._gke, settings=self.settings, now=self.now).check()

    def _check_time(self, clock: ClockSetting) -> None:
        if clock.until is None and self.settings.ttl is None:
            log_event(Event.NOT_YET, "no time is set")
        elif clock.until and self.now() < clock.until:
            log_event(Event.NOT_YET, f"the nodes may run until {clock.until:%Y-%m-%d %H:%M} UTC")
        else:
            self._check_deadline(clock)

    def _check_deadline(self, clock: ClockSetting) -> None:
        cluster = self._read_cluster()
        deadline = cluster and clock.deadline(created=cluster.created, ttl=self.settings.ttl)
        if cluster is None or deadline is None:
            return
        reason = f"the time of the nodes ends at {deadline.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if self.now() < deadline:
            log_event(Event.NOT_YET, reason)
        elif self.settings.mode is Mode.NOTIFY:
            log_event(Event.TIME_IS_UP, f"{reason}, but the guard's mode is notify", mail=_runs(cluster))
        else:
            self._stop(reason)

    def _read_cluster(self) -> Cluster | None:
        try:
            cluster = self._gke.read_cluster()
        except ApiError as error:
            log_event(Event.FAILED, f"the cluster cannot be read: {error}")
            raise
        if cluster is None:
            log_event(Event.CLUSTER_GONE, f"the cluster {self.settings.cluster} does not exist, or is being deleted")
        return cluster

    def _stop(self, reason: str) -> None:
        # Reading the cluster counts against the timeout too.
        wait_limit = self.limit_wait(self.settings.timeout - _RESERVE_SECONDS)
        cluster = self._read_cluster()
        if cluster is None:
            return
        if not _runs(cluster):
            log_event(Event.ALREADY_ZERO, f"{reason}; the nodes are stopped already")
            return
        _log_unknown_sizes(cluster)
        changed: list[str] = []
        try:
            scale_to_zero(self._gke, cluster, wait_limit=wait_limit, accepted=changed)
        except OutOfTimeError as error:
            event = Event.SCALING_TO_ZERO if changed else Event.UNFINISHED
            log_event(
                event,
                f"{reason}; the nodes are not all stopped yet: still waiting for {error}. The next call continues",
            )
            raise
        except ApiError as error:
            log_event(Event.FAILED, f"{reason}; the nodes cannot be stopped: {error}")
            raise
        message = f"{reason}; the nodes are stopped, all data stays on its disks; scripts/wake restores the nodes"
        log_event(Event.SCALED_TO_ZERO, message, mail=_is_known_to_run(cluster))


def _runs(cluster: Cluster) -> bool:
    return any(pool.autoscaled or pool.nodes != 0 for pool in cluster.pools)


def _is_known_to_run(cluster: Cluster) -> bool:
    return any(pool.autoscaled or pool.nodes for pool in cluster.pools)


def _log_unknown_sizes(cluster: Cluster) -> None:
    """Log pools of unknown size; they are set to zero at every call. This event is mailed once a day."""
    names = ", ".join(pool.name for pool in cluster.pools if pool.nodes is None)
    if names:
        permission = "does its account have compute.instanceGroupManagers.get?"
        log_event(
            Event.FAILED, f"the number of nodes of {names} cannot be read, so they count as running; {permission}"
        )


def _amounts(message: BudgetMessage) -> str:
    crossed = [
        f"{name} threshold {value:.0%} crossed"
        for name, value in (("actual", message.actual_threshold), ("forecast", message.forecast_threshold))
        if value is not None
    ]
    spent = f"{message.cost:.2f} of {message.budget:.2f} {message.currency} spent ({message.share:.0%})"
    return ", ".join([f"budget {message.budget_name!r}: {spent}", *crossed])


def _wrong_currency(message: BudgetMessage, expected: str) -> str:
    return (
        f"the budget {message.budget_name!r} is in {message.currency}, the guard expects {expected}: it is ignored. "
        f"Set budget.currency to {message.currency}, or disconnect the other budget from this topic"
    )
