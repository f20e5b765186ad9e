"""Watches a stack whose nodes are stopped: warns, and deletes it in the end; or reports once a month what it costs.

Each call goes one step further, and the next continues: a deletion of a cluster takes minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .budget_message import UnreadableError
from .clock import SchedulerJob
from .environment import GuardSettings, Mode, SleepSettings
from .gke import Cluster, Gke
from .google_requests import ApiClient, ApiError
from .log import Event, log_event
from .sleep_state import STALE, WARNING_TIMES, SleepState, StateObject
from .stack_deletion import Remains
from .warning_mail import WarningMail

_LONG = timedelta(days=1)
"""A deletion that takes longer is reported by e-mail."""
_CANCELLED = (
    "it was woken, put off by scripts/extend, or replaced by another of its name, since its deletion began; or Google "
    "has refused that for days. If its nodes stay stopped, the days count anew"
)
_STAYS = "The images in the registry, and logs beyond the free amount, are still billed until `pulumi destroy`"


@dataclass(kw_only=True)
class SleepWatch:
    """Watches one cluster; `check` is called by the Scheduler job, after the guard has stopped what it had to stop."""

    api: ApiClient
    gke: Gke
    settings: GuardSettings
    now: Callable[[], datetime]

    def check(self) -> None:
        """Go one step; raises ApiError if something could not be read, written or deleted, after it was logged."""
        try:
            if reason := self._why_kept():
                self._forget_warnings()
                self._report_monthly(reason)
            else:
                self._check_deletion()
        except ApiError as error:
            log_event(Event.FAILED, f"the deletion after guard.deleteAfterDays cannot be checked: {error}")
            raise

    @property
    def _sleep(self) -> SleepSettings:
        return self.settings.sleep

    @property
    def _state(self) -> StateObject:
        return StateObject(api=self.api, bucket=self._sleep.bucket)

    def _why_kept(self) -> str:
        """Return the setting that prevents every deletion; empty if there is none."""
        if self._sleep.delete_after is None:
            return "guard.deleteAfterDays is not set"
        if self.settings.mode is not Mode.SCALE_TO_ZERO:
            return f"guard.mode is {self.settings.mode}"
        return "gcp.deletionProtection is on" if self._sleep.protected else ""

    def _forget_warnings(self) -> None:
        """Let the days count anew once a deletion is possible again: the cluster may have been used meanwhile.

        Without guard.deleteAfterDays there is no right to the state; a deletion that had begun is then out of date.
        """
        if self._sleep.delete_after is None:
            return
        state = self._read_state()
        if state and not state.deleted and (state.deleting is None or self.gke.read_cluster()):
            self._state.write(None)

    def _report_monthly(self, reason: str, cluster: Cluster | None = None) -> None:
        """Log on every call of a month's first day, with the same text, what the stack costs: it is mailed once."""
        if self.now().day != 1:
            return
        cluster = cluster or self.gke.read_cluster()
        if cluster and cluster.asleep:
            log_event(
                Event.ASLEEP,
                f"the nodes of {self.settings.cluster} are stopped; what is left costs about "
                f"{self._sleep.monthly_cost} a month, and nothing ends that: {reason}. "
                "`pulumi destroy` ends it (docs/cost.md)",
            )

    def _check_deletion(self) -> None:
        state, cluster = self._read_state(), self.gke.find_cluster()
        if cluster and not (cluster.stopping or cluster.asleep or cluster.runs):
            log_event(Event.FAILED, "whether the nodes are stopped cannot be read: nothing is deleted until it can")
            return
        if state and state.deleting and not state.deleted:
            if self._is_deletable(state, cluster):
                self._delete(state, state.deleting, cluster)
                return
            log_event(Event.DELETION_CANCELLED, f"the cluster {self.settings.cluster} is not deleted: {_CANCELLED}")
            self._state.write(state := None)
        if cluster and not cluster.stopping and cluster.asleep:
            self._watch(state, cluster)
        elif state and not (state.deleted and cluster is None):
            # The nodes run again, or somebody else has deleted the cluster: its disks are theirs to keep.
            self._state.write(None)

    def _watch(self, state: SleepState | None, cluster: Cluster) -> None:
        if not self._is_ours(cluster):
            labels = ", ".join(f"{name}={value}" for name, value in self._sleep.labels.items())
            self._report_monthly(f"the cluster lacks the stack's labels, {labels}", cluster)
            return
        if state is None or state.cluster != cluster.created:
            state = SleepState(cluster=cluster.created, stopped=self.now())
            self._state.write(state)
        self._approach(state, cluster)

    def _read_state(self) -> SleepState | None:
        try:
            return self._state.read()
        except (ValueError, TypeError) as error:
            log_event(Event.UNREADABLE, f"since when the nodes are stopped cannot be read, so it counts anew: {error}")
            return None

    def _is_deletable(self, state: SleepState, cluster: Cluster | None) -> bool:
        """Whether a deletion that has begun still applies: not to another cluster, nor to one that is used again."""
        if cluster is None:
            return True
        if cluster.created != state.cluster or cluster.stopping:
            return cluster.created == state.cluster
        recent = state.deleting is not None and self.now() <= state.deleting + STALE
        return recent and self._is_ours(cluster) and cluster.asleep and self._due(state) <= self.now()

    def _is_ours(self, cluster: Cluster) -> bool:
        return self._sleep.labels.items() <= cluster.labels.items()

    def _due(self, state: SleepState) -> datetime:
        """Return the time of deletion: days after the stop, or after the time that scripts/extend or wake has set.

        Raises ApiError if that cannot be read.
        """
        try:
            until = SchedulerJob(api=self.api, name=self.settings.clock_job).read().until
        except UnreadableError as error:
            raise ApiError(f"{error}. Set the time again: scripts/extend HOURS") from error
        return max(state.stopped, until or state.stopped) + (self._sleep.delete_after or timedelta.max)

    def _approach(self, state: SleepState, cluster: Cluster) -> None:
        """Send the warnings, each in its time, and begin the deletion once both were sent in time."""
        now, due = self.now(), self._due(state)
        state = state.for_due(due, now=now)
        for field, before in zip(("week_warned", "day_warned"), WARNING_TIMES, strict=True):
            if getattr(state, field) is None:
                if now >= state.planned_deletion(due) - before and self._can_mail():
                    self._announce(max(state.planned_deletion(due), now + before))
                    self._state.write(replace(state, **{field: now}))
                return
        if now >= state.planned_deletion(due) and self._can_mail():
            self._begin(state, cluster)

    def _can_mail(self) -> bool:
        """Whether an e-mail would be sent to somebody; logs why not. A warning that is only logged is none."""
        mail = WarningMail(api=self.api, project=self.settings.project, labels=self._sleep.labels)
        if problem := mail.find_problem():
            log_event(
                Event.FAILED,
                f"no e-mail can warn of the deletion, so nothing is deleted: {problem}. `pulumi up --refresh` restores "
                "alerts and addresses; scripts/guard-test shows them",
            )
        return not problem

    def _announce(self, time: datetime) -> None:
        log_event(
            Event.DELETION_ANNOUNCED,
            f"the nodes of {self.settings.cluster} are stopped; at {time.astimezone(UTC):%Y-%m-%d %H:%M} UTC its "
            "cluster is deleted, with its disks AND ALL DATA ON THEM, and its NAT (guard.deleteAfterDays). To keep it: "
            "`scripts/wake HOURS` to use it, `scripts/extend HOURS` to count the days anew from then, or "
            f"guard.deleteAfterDays 0 and `pulumi up`. It costs about {self._sleep.monthly_cost} a month as it is",
        )

    def _begin(self, state: SleepState, cluster: Cluster) -> None:
        state = replace(state, deleting=self.now())
        # Logged first: if the write fails, the next call logs it again; the other way round it would not be mailed.
        log_event(
            Event.DELETION_BEGUN,
            f"the nodes of {self.settings.cluster} were stopped since {state.stopped:%Y-%m-%d %H:%M} UTC; its cluster "
            "is deleted now, then its disks and its NAT, as announced",
        )
        self._state.write(state)
        self._delete(state, self.now(), cluster)

    def _delete(self, state: SleepState, begun: datetime, cluster: Cluster | None) -> None:
        """Delete the cluster, or, once it is gone, its disks and NAT."""
        if cluster:
            if not cluster.stopping:
                self._delete_cluster()
            self._log_progress(begun, f"the cluster {self.settings.cluster}", ())
            return
        remains = Remains(api=self.api, project=self.settings.project, settings=self._sleep)
        found, problems = remains.delete(before=begun)
        if found:
            self._log_progress(begun, ", ".join(found), tuple(problems))
            return
        log_event(
            Event.DELETED,
            f"the cluster {self.settings.cluster}, its disks and its NAT are deleted. {_STAYS}. To go on: "
            "`scripts/forget-cluster`, then `pulumi destroy` to remove the rest, or `pulumi up --refresh` to create it "
            "again, without the data",
        )
        self._state.write(replace(state, deleted=self.now()))

    def _delete_cluster(self) -> None:
        try:
            self.gke.delete_cluster()
        except ApiError as error:
            if not error.temporary:  # it is busy with something else: the next call tries again
                raise

    def _log_progress(self, begun: datetime, left: str, problems: tuple[str, ...]) -> None:
        if problems:
            log_event(Event.FAILED, f"the deletion that began at {begun:%Y-%m-%d %H:%M} UTC: {'; '.join(problems)}")
        elif self.now() > begun + _LONG:
            log_event(Event.UNFINISHED, f"the deletion that began at {begun:%Y-%m-%d %H:%M} UTC still waits for {left}")
        else:
            log_event(Event.DELETION_CONTINUES, f"still to be deleted: {left}")
