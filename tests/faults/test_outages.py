"""A part of the pipeline is down while tasks run, start and are moved: it recovers by itself.

No record becomes a dead letter, no task stays failed, and everything is proven afterwards.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from producer.sample import write_sample
from producer.sample_images import write_images
from sluice.local.http_requests import request
from sluice.view.connector_status import TaskStatus
from sluice.view.http_client import UnavailableError
from tests.faults.row_changes import writing_rows
from tests.faults.stall_watch import Offsets
from tests.faults.two_worker_pipeline import WORKERS, Loads, Pipeline, are_in_topic, check_proofs, difference
from tests.run_sluice import wait_for

OUTAGES = (("registry", "redis"), ("kafka",), ("mysql",))
"""Parts that are down at the same time. No connector needs both registry and redis, so one test covers both."""
DEAD_LETTERS = ("mysql-sink-dead-letters", "redis-sink-dead-letters")
WAITS = {"registry": "mysql-sink waits for the schema registry", "redis": "redis-sink waits for Redis"}
"""Text of `sluice status` during the outage. (None for the others: without the database mysql-sink may have failed,
without a broker no lag is known.)"""
ROWS = 60_000
IMAGES = 60
SECONDS = 180
"""Time limit of a step. A task that keeps failing is restarted after a minute at most."""
SURVIVOR, OTHER = WORKERS


def new_loads(pipeline: Pipeline, folder: Path) -> Loads:
    """Return loads of new rows and images: one that is lost cannot be there from an earlier load."""
    folder.mkdir()
    log, images = folder / "gps.csv", folder / "images"
    offsets = Offsets(pipeline.endpoints)
    before = sum(offsets.ends("gps-fixes").values())
    write_sample(log, rows=ROWS, seed=before)
    session = f"2013-{1 + before // ROWS // 28 % 12:02}-{1 + before // ROWS % 28:02}"
    write_images(images, count=IMAGES, size=(160, 120), session=session)
    return Loads(pipeline=pipeline, log=log, images=images, offsets=offsets, before=before)


def dead_letters(loads: Loads) -> int:
    return sum(sum(loads.offsets.ends(topic).values()) for topic in DEAD_LETTERS)


def tasks(pipeline: Pipeline) -> Sequence[TaskStatus]:
    """Return every task as reported by the survivor; empty while Connect rebalances."""
    try:
        connectors = pipeline.connectors(asking=SURVIVOR).values()
    except UnavailableError:
        return []
    return [task for connector in connectors for task in connector.tasks]


def workers_of(pipeline: Pipeline) -> list[str]:
    """Return the worker of each task, in any state."""
    return [pipeline.servers.worker(task.worker) for task in tasks(pipeline)]


def request_of_each(pipeline: Pipeline, method: str, path: str) -> None:
    """Send the same request for every connector, again while Connect rebalances."""
    survivor = pipeline.servers.connect(SURVIVOR)
    for name in pipeline.connectors(asking=SURVIVOR):
        asked = f"/connectors/{name}/{path}"
        wait_for(lambda asked=asked: request(method, survivor, asked)[0] in (200, 202, 204), seconds=SECONDS)


def wait_until_recovered(loads: Loads, keys: list[int]) -> None:
    """Wait until everything has arrived and every task runs."""
    pipeline = loads.pipeline
    wait_for(loads.all_written, seconds=SECONDS)
    wait_for(lambda: bool(pipeline.workers_of_tasks(asking=SURVIVOR)), seconds=SECONDS)
    wait_for(lambda: are_in_topic(keys, pipeline, asking=SURVIVOR), seconds=SECONDS)


def outage_while_tasks_run_and_their_worker_dies(parts: Sequence[str], loads: Loads) -> None:
    """Kill the parts and a worker during loads, then start the parts again."""
    pipeline = loads.pipeline
    sources = [loads.start("gps", loads.log), loads.start("images", loads.images)]
    with writing_rows(pipeline.connect) as keys:
        wait_for(lambda: loads.rows_written() > 0 and len(keys) > 0, seconds=SECONDS)
        loads.offsets.disconnect()
        for part in (*parts, OTHER):
            pipeline.servers.kill(part)
        if "kafka" not in parts:  # without a broker the group cannot rebalance
            wait_for(lambda: set(workers_of(pipeline)) == {SURVIVOR}, seconds=SECONDS)
        for part in parts:
            pipeline.servers.start(part)
        assert [source.wait(SECONDS) for source in sources] == [Exit.OK, Exit.OK]
        wait_for(lambda: set(workers_of(pipeline)) == {SURVIVOR}, seconds=SECONDS)
    wait_until_recovered(loads, keys)


def outage_while_tasks_start_and_are_moved(parts: Sequence[str], loads: Loads) -> None:
    """Kill the parts, then start the tasks, with a backlog and without cached schemas, and let a worker join."""
    pipeline = loads.pipeline
    request_of_each(pipeline, "PUT", "pause")
    wait_for(lambda: {task.state for task in tasks(pipeline)} == {"PAUSED"}, seconds=SECONDS)
    with writing_rows(pipeline.connect) as keys:
        sources = [loads.start("gps", loads.log), loads.start("images", loads.images)]
        assert [source.wait(SECONDS) for source in sources] == [Exit.OK, Exit.OK]
        wait_for(lambda: len(keys) > 0, seconds=SECONDS)
    request_of_each(pipeline, "POST", "restart?includeTasks=true")
    wait_for(lambda: {task.state for task in tasks(pipeline)} == {"PAUSED"}, seconds=SECONDS)
    # Without a broker Connect accepts no request and no worker can join: both follow its restart.
    loads.offsets.disconnect()
    for part in parts:
        pipeline.servers.kill(part)
    if "kafka" in parts:
        pipeline.servers.start("kafka")
    request_of_each(pipeline, "PUT", "resume")
    start_other_worker(pipeline)
    waits = [WAITS[part] for part in parts if part in WAITS]
    if waits:
        wait_for(lambda: all(wait in status_of(pipeline) for wait in waits), seconds=SECONDS)
    for part in parts:
        pipeline.servers.start(part)
    wait_until_recovered(loads, keys)


def status_of(pipeline: Pipeline) -> str:
    return pipeline.sluice("status", "--json", asking=SURVIVOR).stdout


def start_other_worker(pipeline: Pipeline) -> None:
    """Start the other worker and wait until it has its share of the tasks."""
    pipeline.servers.start(OTHER)
    wait_for(lambda: difference(workers_of(pipeline)) <= 1, seconds=SECONDS)


@pytest.mark.parametrize("parts", OUTAGES, ids=" and ".join)
def test_the_pipeline_recovers_from_an_outage_by_itself(
    parts: Sequence[str], pipeline: Pipeline, tmp_path: Path
) -> None:
    for name in WORKERS:
        pipeline.servers.start(name)
    wait_for(lambda: difference(pipeline.workers_of_tasks(asking=SURVIVOR)) <= 1, seconds=SECONDS)
    first = new_loads(pipeline, tmp_path / "first")
    letters = dead_letters(first)
    outage_while_tasks_run_and_their_worker_dies(parts, first)
    first.offsets.disconnect()
    second = new_loads(pipeline, tmp_path / "second")
    outage_while_tasks_start_and_are_moved(parts, second)
    assert dead_letters(second) == letters
    for loads in (first, second):
        check_proofs(loads, "--allow-extra", asking=SURVIVOR, folder=tmp_path)
