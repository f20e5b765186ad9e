"""Part `small-loads`: a day's worth of small loads, one after another, with proofs and status calls; what stays?"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from producer.runtime.terminal import Console
from producer.sample import write_sample
from tests.faults.load.inventory import BOUNDS, take_inventory
from tests.faults.load.judgement import Growth, growths, left_behind
from tests.faults.load.part_result import FigureTable, PartResult
from tests.faults.load.phases import SinkProgress
from tests.faults.load.soak_pipeline import (
    PRIVATE_FOLDERS,
    PipelineOptions,
    SoakPipeline,
    proof_problems,
    soak_pipeline,
)


@dataclass(frozen=True, kw_only=True)
class SmallLoadsOptions:
    """Sizes of the part."""

    loads: int = 1_000
    rows: int = 1_000
    """Rows of each load."""
    proof_every: int = 20
    """Loads after which a proof and a status call follow."""
    warm_up: int = 20
    """Loads before the first reading: pools fill, files that exist once are made."""
    seed: int = 1


def small_loads(
    options: SmallLoadsOptions, pipeline_options: PipelineOptions, console: Console, *, result: PartResult
) -> None:
    """Load, prove and ask; compare what there is after the warm-up, in the middle and at the end."""
    result.settings |= {"loads": options.loads, "rows of each": options.rows, "seed": options.seed}
    with soak_pipeline(pipeline_options) as pipeline:
        readings: list[dict[str, int]] = []
        begun = time.monotonic()
        last = options.warm_up + options.loads
        stops = [options.warm_up, options.warm_up + options.loads // 2, last]
        log = pipeline.folder / "all.csv"
        write_sample(log, rows=last * options.rows, seed=options.seed)
        for number, lines in enumerate(_chunks(log, options.rows), start=1):
            result.found += _load_and_ask(pipeline, lines, number=number, options=options)
            if number in stops:
                settle(pipeline)
                readings.append(take_inventory(pipeline.instance, folders=_folders(pipeline)))
                result.replace_table(_table(growths(readings, BOUNDS)))
                console.print(f"  {number - options.warm_up:,} loads, {time.monotonic() - begun:,.0f} s")
        result.found += left_behind(growths(readings, BOUNDS))
        result.found += _finish(pipeline, log, rows=last * options.rows)


def _chunks(log: Path, rows: int) -> Iterator[bytes]:
    with log.open("rb") as lines:
        while part := b"".join(islice(lines, rows)):
            yield part


def _folders(pipeline: SoakPipeline) -> dict[str, Path]:
    return {**{name: pipeline.folder / name for name in PRIVATE_FOLDERS.values()}, "work": pipeline.work}


def _load_and_ask(pipeline: SoakPipeline, lines: bytes, *, number: int, options: SmallLoadsOptions) -> Iterator[str]:
    log = pipeline.work / "gps.csv"
    log.write_bytes(lines)
    pipeline.run("load", "gps", str(log), "--json")
    if number % options.proof_every == 0:
        yield from proof_problems(pipeline.prove(str(log)), equal=options.rows)
        pipeline.run("status", "--json")


def settle(pipeline: SoakPipeline) -> None:
    """Wait until the sink has written everything: then no batch is under way."""
    SinkProgress(pipeline, connector="mysql-sink", topic="gps-fixes", records=1).wait_for_all()


def _finish(pipeline: SoakPipeline, log: Path, *, rows: int) -> Iterator[str]:
    """Prove all rows of all loads at once, delete them, and prove that they are gone."""
    yield from proof_problems(pipeline.prove(str(log)), equal=rows)
    pipeline.run("load", "gps", str(log), "--json", "--tombstones")
    yield from proof_problems(pipeline.prove(str(log), "--absent"), equal=0)


def _table(found: list[Growth]) -> FigureTable:
    """Return the readings of everything that is there, with what it may grow."""
    number = len(found[0].readings) if found else 0
    return FigureTable(
        title="what there is",
        columns=("", *("before", "in the middle", "after")[:number], "more allowed", "why"),
        rows=tuple((one.name, *one.readings, one.bound.allowed, one.bound.why) for one in found if any(one.readings)),
    )
