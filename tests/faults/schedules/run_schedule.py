"""Runs one schedule: traffic, faults, healing, checks."""

import time
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path

from producer.gps import encode_row
from producer.kafka.register_schema import register
from tests.faults.no_interrupts import no_interrupts
from tests.faults.row_changes import TOPIC
from tests.faults.schedules.apply_faults import Faults
from tests.faults.schedules.bad_records import BadRecordTraffic, draw_bad_records
from tests.faults.schedules.change_traffic import ChangeTraffic
from tests.faults.schedules.draw_schedule import Schedule
from tests.faults.schedules.expected_state import Expected
from tests.faults.schedules.fault import Kind
from tests.faults.schedules.findings import Finding, finding
from tests.faults.schedules.full_disk import Disks
from tests.faults.schedules.healing import Healing, start_dead_servers, wait_until_healed
from tests.faults.schedules.load_traffic import LoadTraffic
from tests.faults.schedules.local_pipeline import LocalPipeline
from tests.faults.schedules.observe import (
    LETTER_TOPICS,
    TopicPositions,
    letter,
    read_images,
    read_rows,
    sent_change,
)
from tests.faults.schedules.run_proofs import prove_images, prove_rows
from tests.faults.schedules.schedule_figures import Outcome
from tests.faults.schedules.traffic import Traffic
from tests.faults.schedules.traffic_plan import Row, image_bytes
from tests.faults.schedules.verify import Change, Letter, verify_changes, verify_letters, verify_store

_RETURNS_OF_A_FAULT = 3
"""How often the source may go back for each fault that can hit it: a task can be moved and restarted."""
_HITS_SOURCE = ("kafka", "connect-1", "connect-2", "mysql", "registry")


class World:
    """What goes on from schedule to schedule: the pipeline and what must be in it."""

    def __init__(self, pipeline: LocalPipeline, disks: Disks, folder: Path, *, header: bytes) -> None:
        self.pipeline, self.disks, self.folder, self.header = pipeline, disks, folder, header
        self.expected = Expected()
        self.version = 1
        self.table: dict[int, int] = {}
        self.next_number = 1_000
        self.changes: list[Change] = []
        """Changes of earlier schedules."""
        self.positions = TopicPositions(pipeline)


class ScheduleRun:
    """One schedule under way."""

    def __init__(self, world: World, schedule: Schedule, *, heal_seconds: float) -> None:
        self.outcome = Outcome(schedule=schedule)
        self._world, self._schedule, self._heal_seconds = world, schedule, heal_seconds
        env = world.pipeline.env
        self._loads: Mapping[str, LoadTraffic] = {
            kind: LoadTraffic(
                kind,
                schedule=schedule,
                first_version=world.version,
                expected=world.expected,
                env=env,
                folder=world.folder,
            )
            for kind in ("rows", "images")
        }
        self._changes = ChangeTraffic(
            schedule.generator("changes"),
            connect=world.pipeline.connect,
            rows=world.table,
            next_number=world.next_number,
        )
        drafts = draw_bad_records(schedule.generator("bad"), header=world.header)
        self._bad = BadRecordTraffic(drafts, env=env)
        self._problems: list[str] = []

    def run(self) -> Outcome:
        """Run it; what is wrong is in the outcome."""
        begun = time.monotonic()
        traffic: tuple[Traffic, ...] = (
            *self._loads.values(),
            self._changes,
            self._bad,
        )
        for one in traffic:
            one.start()
        try:
            faults = Faults(
                self._world.pipeline, disks=self._world.disks, admin=self._world.pipeline.admin, loads=self._loads
            )
            faults.apply(self._schedule.faults)
            self._problems += faults.problems
            self.outcome.said = faults.said
            self._heal()
            for one in traffic:
                self._problems += one.problems
            self._check()
        except Exception as error:  # a part that does not answer where it must: the schedule has failed
            stop(traffic)
            self._problems.append(f"the schedule could not be finished: {error!r}")
            self.outcome.findings += finding("problems", self._problems)
            self.outcome.trace = traceback.format_exc()
        except BaseException:
            stop(traffic)
            raise
        self.outcome.seconds = time.monotonic() - begun
        return self.outcome

    def _heal(self) -> None:
        begun = time.monotonic()
        healing = Healing()
        start_dead_servers(self._world.pipeline, healing)
        for one in (*self._loads.values(), self._changes, self._bad):
            one.finish(seconds=max(1.0, begun + self._heal_seconds - time.monotonic()))
        reason = wait_until_healed(
            self._world.pipeline,
            self._changes.changes,
            seconds=max(1.0, begun + self._heal_seconds - time.monotonic()),
        )
        self._problems += healing.problems
        if reason:
            self._problems.append(f"not healed within {self._heal_seconds:.0f} s: {reason}")
        self.outcome.heal_seconds = time.monotonic() - begun
        self.outcome.needed_up = healing.needed_up
        if healing.dead:
            self.outcome.said.append(f"did not run after the faults: {', '.join(healing.dead)}")

    def _check(self) -> None:
        world, outcome = self._world, self.outcome
        expected = world.expected
        rows, images = read_rows(world.pipeline), read_images(world.pipeline)
        outcome.uncertain = expected.uncertain
        in_stores = [*verify_store("row", expected.rows, rows), *verify_store("image", expected.images, images)]
        outcome.findings = [
            *finding("problems", self._problems),
            *in_stores,
            *self._check_changes(),
            *self._check_letters(),
            *self._prove(expected.rows.resolve(dict(rows)), expected.images.resolve(dict(images)), bool(in_stores)),
        ]
        expected.rows.settle(dict(rows))
        expected.images.settle(dict(images))
        outcome.rows, outcome.images = self._loads["rows"].sent, self._loads["images"].sent
        world.version = max(load.next_version for load in self._loads.values())
        world.changes += self._changes.changes
        world.next_number = self._changes.next_number

    def _check_changes(self) -> list[Finding]:
        changes = self._changes.changes
        sent = [sent_change(record) for record in self._world.positions.read(TOPIC, expected=len(changes) * 2)]
        found, repeats = verify_changes(changes, sent, earlier=self._world.changes, returns=self._returns())
        self.outcome.changes, self.outcome.changes_again = len(changes), len(repeats.numbers)
        return found

    def _returns(self) -> int:
        """Return how often the source may go back in this schedule."""
        hits = sum(
            fault.kind is Kind.UP or bool(set(fault.targets) & set(_HITS_SOURCE)) for fault in self._schedule.faults
        )
        return _RETURNS_OF_A_FAULT * (hits + self.outcome.needed_up)

    def _check_letters(self) -> list[Finding]:
        letters: list[Letter] = []
        for topic in LETTER_TOPICS:
            letters += map(letter, self._world.positions.read(topic, expected=len(self._bad.sent)))
        found, again = verify_letters(self._bad.sent, letters, unsure=self._bad.unsure)
        self.outcome.letters, self.outcome.letters_again = len(self._bad.sent), again
        return found

    def _prove(self, rows: dict[int, Row], images: dict[str, str], found: bool) -> list[Finding]:
        """Let `sluice proof` judge the stores; `found`: whether the comparison here has found something wrong."""
        pipeline, folder = self._world.pipeline, self._world.folder
        files = {key: image_bytes(*self._world.expected.files[digest]) for key, digest in images.items()}
        reasons = [
            prove_rows(pipeline, rows, folder=folder) if rows else "",
            prove_images(pipeline, files, folder=folder) if files else "",
        ]
        if found and not any(reasons):
            return finding("proofs that disagree", ["sluice proof has found nothing"])
        return [] if found else finding("proofs that disagree", [reason for reason in reasons if reason])


def stop(traffic: Iterable[Traffic]) -> None:
    """End all traffic at once."""
    with no_interrupts():
        for one in traffic:
            one.abandon()


def schema_header(pipeline: LocalPipeline) -> bytes:
    """Return the five bytes before an Avro value of gps-fixes, as a load writes them."""
    registry = pipeline.endpoints.compatible_registry
    return encode_row.encode_header(register(encode_row.schema_text(), subject=encode_row.SUBJECT, registry=registry))
