"""Runs schedules one after another on one pipeline, and shrinks those that fail."""

import json
import shutil
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from producer.runtime.exit_status import Exit, SluiceError
from tests.faults.no_interrupts import no_interrupts
from tests.faults.schedules.draw_schedule import Schedule, draw_schedule
from tests.faults.schedules.fault import Fault, Kind
from tests.faults.schedules.full_disk import Disks, can_mount
from tests.faults.schedules.local_pipeline import LocalPipeline, make_pipeline
from tests.faults.schedules.run_schedule import ScheduleRun, World, schema_header
from tests.faults.schedules.schedule_figures import Outcome
from tests.faults.schedules.shrink import shrink

Say = Callable[[str], None]
_FETCH_SECONDS = 1800.0
"""Time limit of the first start, which may have to fetch the servers and to build the plugins."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a run."""

    seed: int
    numbers: Sequence[int]
    """Numbers of the schedules."""
    longest_pause: float
    fewest_faults: int
    heal_seconds: float
    shrink_seconds: float
    """Time for the tries of a schedule that fails; 0: it is not shrunk."""
    port_base: int
    folder: Path
    """For the pipeline's state, sources, and the logs of schedules that failed."""


class Campaign:
    """One pipeline, and the schedules that run on it."""

    def __init__(self, settings: Settings, *, say: Say) -> None:
        self.outcomes: list[Outcome] = []
        self._settings, self._say = settings, say
        self._kinds = [kind for kind in Kind if kind is not Kind.FULL_DISK or can_mount()]
        self._world: World | None = None

    def run(self) -> None:
        """Run all schedules."""
        if len(self._kinds) < len(Kind):
            self._say("no disk is filled: only root may mount a small file system")
        for number in self._settings.numbers:
            schedule = draw_schedule(
                self._settings.seed,
                number,
                longest_pause=self._settings.longest_pause,
                fewest=self._settings.fewest_faults,
                kinds=self._kinds,
            )
            outcome = self._run_one(schedule)
            self.outcomes.append(outcome)
            if outcome.failed:
                self._say(f"     again: scripts/soak faults --seed {self._settings.seed} --only {number}")
                self._shrink(schedule)

    def close(self) -> None:
        """End the pipeline, and remove its state."""
        if self._world is not None:
            remove_pipeline(self._world)
            self._world = None

    def _run_one(self, schedule: Schedule) -> Outcome:
        world = self._world or self._start()
        outcome = ScheduleRun(world, schedule, heal_seconds=self._settings.heal_seconds).run()
        self._say(outcome.line())
        for text in outcome.said:
            self._say(f"     {text}")
        for found in outcome.findings:
            self._say(f"     {found.words()}")
        if outcome.failed:
            outcome.kept = str(self._keep_logs(world, outcome))
            self._say(f"     logs: {outcome.kept}")
            # What is broken must not make the next schedule fail.
            self.close()
        return outcome

    def _start(self) -> World:
        self._world = start_pipeline(self._settings, kinds=self._kinds)
        return self._world

    def _keep_logs(self, world: World, outcome: Outcome) -> Path:
        schedule = outcome.schedule
        folder = self._settings.folder / f"failed-{schedule.seed}-{schedule.number}"
        while folder.exists():
            folder = folder.with_name(f"{folder.name}+")
        shutil.copytree(world.pipeline.instance.state / "logs", folder)
        (folder / "schedule.json").write_text(json.dumps(outcome.as_json(), indent=2))
        return folder

    def _shrink(self, schedule: Schedule) -> None:
        """Print the fewest faults with which the schedule still fails."""
        until = time.monotonic() + self._settings.shrink_seconds
        if len(schedule.faults) < 2 or not self._settings.shrink_seconds:
            return

        def fails(faults: Sequence[Fault]) -> bool:
            return self._run_one(replace(schedule, faults=tuple(faults))).failed

        self._say("     shrinking …")
        left = shrink(schedule.faults, fails, time_is_over=lambda: time.monotonic() > until)
        smallest = replace(schedule, faults=tuple(left))
        self._say(f"     fewest faults that still fail: {smallest.words()}")


def start_pipeline(settings: Settings, *, kinds: Sequence[Kind]) -> World:
    """Start a new pipeline."""
    pipeline = make_pipeline(settings.folder / "state", port_base=settings.port_base)
    disks = Disks(pipeline.instance, folder=settings.folder)
    try:
        if Kind.FULL_DISK in kinds:
            disks.mount()
        done = pipeline.up(seconds=_FETCH_SECONDS)
        if done.returncode != Exit.OK:
            raise SluiceError(f"the pipeline does not start: {done.stderr}")
        return World(pipeline, disks, sources_folder(settings), header=schema_header(pipeline))
    except BaseException:
        pipeline.down()
        disks.unmount()
        raise


def sources_folder(settings: Settings) -> Path:
    """Return the folder for the sources of the loads, created where it is missing."""
    folder = settings.folder / "sources"
    folder.mkdir(exist_ok=True)
    return folder


def remove_pipeline(world: World) -> None:
    """End the pipeline and remove it."""
    pipeline: LocalPipeline = world.pipeline
    pipeline.down()
    world.disks.unmount()
    pipeline.sluice("down", "--purge")


@contextmanager
def campaign(settings: Settings, *, say: Say) -> Generator[Campaign]:
    """Yield a campaign; its pipeline is removed in the end, also after Ctrl-C."""
    one = Campaign(settings, say=say)
    try:
        yield one
    finally:
        with no_interrupts():
            one.close()
