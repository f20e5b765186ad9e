"""Part `images`: gigabytes of images through the whole pipeline, streamed as an archive: they are on no disk before."""

import io
import json
import random
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, cast

from PIL import Image

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console
from producer.sample_images import MEGABYTE, SESSION
from tests.faults.load.inventory import disk_bytes
from tests.faults.load.judgement import MEBIBYTE
from tests.faults.load.part_result import FigureTable, PartResult
from tests.faults.load.phases import PhaseRecorder, SinkProgress
from tests.faults.load.soak_pipeline import (
    PROOF_OPTIONS,
    PipelineOptions,
    SoakPipeline,
    proof_problems,
    soak_pipeline,
)

_CAMERAS = 6
_START, _PERIOD = 1_353_099_678_000_000, 200_000
_SIZES = ((640, 540), (640, 500), MEGABYTE, (640, 520), (160, 120))
"""Widths and heights in turn: around 1 MB, one in five small. At three bytes a pixel."""
_ARCHIVE = "/dev/stdin"
_VERDICTS = (Exit.OK, Exit.DIFFERENT)
_HOLDS_DATA = {"redis": "it holds the images"}


@dataclass(frozen=True, kw_only=True)
class ImagesOptions:
    """Sizes of the part."""

    gigabytes: float = 5.0
    seed: int = 1

    @property
    def count(self) -> int:
        """Number of images."""
        return max(len(_SIZES), round(self.gigabytes * 1e9 / (sum(w * h * 3 for w, h in _SIZES) / len(_SIZES))))


def large_images(
    options: ImagesOptions, pipeline_options: PipelineOptions, console: Console, *, result: PartResult
) -> None:
    """Load, prove, delete and prove absent; the figures go into `result` as they come."""
    result.settings |= {"images": options.count, "GB": options.gigabytes, "seed": options.seed}
    with soak_pipeline(pipeline_options) as pipeline:
        recorder = PhaseRecorder(pipeline=pipeline, result=result, console=console, unit="images", growing=_HOLDS_DATA)
        for name, load_options, proof_options in (("loaded", (), ()), ("deleted", ("--tombstones",), ("--absent",))):
            sink = SinkProgress(pipeline, connector="redis-sink", topic="images", records=options.count)
            with recorder.phase(name, command="load", amount=options.count, done=sink.share):
                _stream(pipeline, options, "load", "images", _ARCHIVE, "--max-bytes", "all", "--json", *load_options)
                sink.wait()
            with recorder.phase(f"{name}: proof", command="proof", amount=options.count):
                proof = (*PROOF_OPTIONS, "--max-bytes", "all", *proof_options)
                answer = json.loads(_stream(pipeline, options, "proof", _ARCHIVE, *proof, expected=_VERDICTS))
            recorder.expect(name, proof_problems(answer, equal=options.count))
            result.tables.append(_disk(pipeline, title=name))


def _stream(
    pipeline: SoakPipeline, options: ImagesOptions, *command: str, expected: tuple[Exit, ...] = (Exit.OK,)
) -> str:
    """Run a command whose standard input is the archive; return standard output."""
    child = pipeline.start(*command, stdin=-1)
    assert child.stdin is not None
    raw = cast(io.TextIOWrapper, child.stdin).detach()
    child.stdin = None  # communicate() would close it
    writer = threading.Thread(target=_write_archive, args=(raw, options), daemon=True)
    writer.start()
    out = pipeline.finish(child, *expected)
    writer.join()
    return out


def _write_archive(file: IO[bytes], options: ImagesOptions) -> None:
    try:
        with file, tarfile.open(fileobj=file, mode="w|", format=tarfile.USTAR_FORMAT, bufsize=MEBIBYTE) as archive:
            for name, data in _images(options):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    except BrokenPipeError:
        return  # the command has ended early; its status says why


def _images(options: ImagesOptions) -> Iterator[tuple[str, bytes]]:
    """Yield path and content: noise, so nothing compresses; the same for the same seed."""
    generator = random.Random(options.seed)
    for number in range(options.count):
        size = _SIZES[number % len(_SIZES)]
        packed = io.BytesIO()
        Image.frombytes("RGB", size, generator.randbytes(size[0] * size[1] * 3)).save(packed, "TIFF")
        utime = _START + number // _CAMERAS * _PERIOD
        yield f"{SESSION}/lb3/Cam{number % _CAMERAS}/{utime}.tiff", packed.getvalue()


def _disk(pipeline: SoakPipeline, *, title: str) -> FigureTable:
    sizes = {name: disk_bytes(pipeline.instance.state / name) for name in ("kafka", "redis")}
    rows = tuple((name, round(size / MEBIBYTE)) for name, size in sizes.items())
    return FigureTable(title=f"disk, images {title}", columns=("folder", "MiB"), rows=rows)
