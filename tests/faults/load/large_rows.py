"""Part `rows`: millions of rows as one file, the same compressed, and the same as many files at once."""

import gzip
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from producer.runtime.terminal import Console
from producer.sample import write_sample
from tests.faults.load.inventory import disk_bytes
from tests.faults.load.judgement import MEBIBYTE
from tests.faults.load.part_result import FigureTable, PartResult
from tests.faults.load.phases import PhaseRecorder, SinkProgress
from tests.faults.load.process_memory import MemoryWatch
from tests.faults.load.soak_pipeline import PipelineOptions, SoakPipeline, proof_problems, soak_pipeline

_COMPRESSION_LEVEL = 1
_MEMORY_OF_A_LOAD = 160 * MEBIBYTE
"""What a load takes when it shares nothing: the largest figure of docs/performance.md, and some."""


FORMS = ("file", "gz", "files")
"""The forms in which the rows are loaded."""


@dataclass(frozen=True, kw_only=True)
class RowsOptions:
    """Sizes of the part."""

    rows: int = 10_000_000
    files: int = 100
    at_once: int | None = None
    """Loads that run at the same time; None: all files, or as many as the free memory holds."""
    seed: int = 1
    forms: tuple[str, ...] = FORMS


def large_rows(
    options: RowsOptions, pipeline_options: PipelineOptions, console: Console, *, result: PartResult
) -> None:
    """Load, prove, delete and prove absent in each of the forms; the figures go into `result` as they come."""
    result.settings |= {"rows": options.rows, "files": options.files, "seed": options.seed}
    with soak_pipeline(pipeline_options) as pipeline:
        recorder = PhaseRecorder(pipeline=pipeline, result=result, console=console, unit="rows")
        console.print(f"  generating {options.rows:,} rows (seed {options.seed}) …")
        log = pipeline.work / "gps.csv"
        write_sample(log, rows=options.rows, seed=options.seed)
        for form in options.forms:
            _FORMS[form](recorder, log, options)
        result.tables.append(_disk(pipeline, rows=len(options.forms) * options.rows))


def _one_file(recorder: PhaseRecorder, log: Path, options: RowsOptions) -> None:
    _round(recorder, "one file", [log], log=log, rows=options.rows, at_once=1)


def _compressed(recorder: PhaseRecorder, log: Path, options: RowsOptions) -> None:
    packed = _compress(log)
    _round(recorder, "the same in .gz", [packed], log=packed, rows=options.rows, at_once=1)
    packed.unlink()


def _many_files(recorder: PhaseRecorder, log: Path, options: RowsOptions) -> None:
    pieces = _split(log, options)
    at_once = options.at_once or _loads_that_fit(len(pieces))
    name = f"{len(pieces)} files, {at_once} at once"
    _round(recorder, name, pieces, log=log, rows=options.rows, at_once=at_once)


_FORMS: dict[str, Callable[[PhaseRecorder, Path, RowsOptions], None]] = {
    "file": _one_file,
    "gz": _compressed,
    "files": _many_files,
}


def _compress(log: Path) -> Path:
    packed = log.with_name(f"{log.name}.gz")
    with log.open("rb") as plain, gzip.open(packed, "wb", compresslevel=_COMPRESSION_LEVEL) as file:
        shutil.copyfileobj(plain, file, MEBIBYTE)
    return packed


def _split(log: Path, options: RowsOptions) -> list[Path]:
    size = -(-options.rows // options.files)
    folder = log.with_name("pieces")
    folder.mkdir()
    return list(_pieces(log, folder, size))


def _pieces(log: Path, folder: Path, size: int) -> Iterator[Path]:
    with log.open("rb") as lines:
        number = 0
        while part := list(islice(lines, size)):
            path = folder / f"gps-{number:03}.csv"
            path.write_bytes(b"".join(part))
            yield path
            number += 1


def _loads_that_fit(files: int) -> int:
    """Return how many loads half of the free memory holds, `files` at most."""
    return max(1, min(files, psutil.virtual_memory().available // 2 // _MEMORY_OF_A_LOAD))


def _round(recorder: PhaseRecorder, form: str, sources: list[Path], *, log: Path, rows: int, at_once: int) -> None:
    """Load `sources`, prove them by `log`, which has the same rows, delete them and prove their absence."""
    for name, options, proof in (("loaded", (), ()), ("deleted", ("--tombstones",), ("--absent",))):
        with _watched(recorder, f"{form}, {name}", rows=rows) as watch:
            _load(recorder.pipeline, sources, *options, at_once=at_once)
            recorder.console.print(f"    acknowledged after {watch.seconds:,.0f} s")
        if at_once > 1:
            recorder.note(f"{form}, {name}: most memory of all loads together", watch.most_together)
        with recorder.phase(f"{form}, {name}: proof", command="proof", amount=rows):
            answer = recorder.pipeline.prove(str(log), *proof)
        recorder.expect(f"{form}, {name}", proof_problems(answer, equal=rows))


class _WatchedLoad:
    """A phase that ends when the sink has committed what was loaded in it."""

    def __init__(self, recorder: PhaseRecorder, name: str, *, rows: int) -> None:
        self._sink = SinkProgress(recorder.pipeline, connector="mysql-sink", topic="gps-fixes", records=rows)
        self._phase = recorder.phase(name, command="load", amount=rows, done=self._sink.share)

    def __enter__(self) -> MemoryWatch:
        return self._phase.__enter__()

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            self._sink.wait()
        self._phase.__exit__(*error)


def _watched(recorder: PhaseRecorder, name: str, *, rows: int) -> _WatchedLoad:
    return _WatchedLoad(recorder, name, rows=rows)


def _load(pipeline: SoakPipeline, sources: list[Path], *options: str, at_once: int) -> None:
    """Run a load for each source, `at_once` at the same time."""
    waiting = [iter(sources)]
    running = [_start(pipeline, path, *options) for path in islice(waiting[0], at_once)]
    while running:
        pipeline.finish(running.pop(0))
        running += [_start(pipeline, path, *options) for path in islice(waiting[0], 1)]


def _start(pipeline: SoakPipeline, path: Path, *options: str) -> Any:
    return pipeline.start("load", "gps", str(path), "--json", *options)


def _disk(pipeline: SoakPipeline, *, rows: int) -> FigureTable:
    folders = {name: disk_bytes(pipeline.instance.state / name) for name in _FOLDERS}
    return FigureTable(
        title=f"disk after {rows:,} rows written and deleted",
        columns=("folder", "MiB", "bytes a row"),
        rows=tuple((name, round(size / MEBIBYTE), size / rows) for name, size in folders.items()),
    )


_FOLDERS = ("kafka", "mysql", "redis", "logs")
