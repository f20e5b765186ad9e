import json
from pathlib import Path
from typing import Any

import pytest

from producer.images.dry_run import DryRunReport, dry_run
from producer.images.load import ImageLoadOptions
from producer.images.open_images import open_images
from producer.images.redis_memory import estimate_memory
from producer.images.selection import Selection
from producer.runtime.exit_status import Exit

from .image_samples import UTIME, make_tar, picture, session, write_files
from .test_redis_memory import redis

COUNT = 8
KEY = len(f"2012-11-16/Cam0/{UTIME}")
STORED = COUNT * estimate_memory(key=KEY, value=len(picture()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", [*session(COUNT), ("Cam0/readme", b"x")])


def dry(
    source: Path, *, env: dict[str, str] | None = None, selection: Selection | None = None, **options: Any
) -> DryRunReport:
    with open_images(str(source), env={}, selection=selection or Selection()) as opened:
        return dry_run(opened, options=ImageLoadOptions(**options), env=env or {}, tick=lambda _size: None)


def with_memory(source: Path, *, used: int, most: int) -> DryRunReport:
    info = f"used_memory:{used}\r\nmaxmemory:{most}\r\n".encode()
    with redis(b"+OK\r\n", b"$%d\r\n%s\r\n" % (len(info), info)) as (env, _):
        return dry(source, env=env, max_rejects=1)


def test_images_bytes_and_memory_are_counted(folder: Path) -> None:
    report = with_memory(folder, used=1_000, most=4 * STORED)
    assert (report.images, report.size, report.stored) == (COUNT, COUNT * len(picture()), STORED)
    assert (report.status, report.problem) == (Exit.OK, None)
    lines = report.as_lines()
    assert "8 images, 2.3 kB, would be loaded" in lines[0]
    assert "25% of its maxmemory" in lines[1]
    result = json.loads(json.dumps(report.as_json()))
    assert (result["dry_run"], result["redis_bytes"], result["redis_maxmemory"]) == (True, STORED, 4 * STORED)
    assert result["rejected"] == {"name": 1}


def test_images_that_do_not_fit_redis_are_a_failure(folder: Path) -> None:
    assert with_memory(folder, used=1_000, most=STORED + 1_000).status is Exit.OK
    report = with_memory(folder, used=1_001, most=STORED + 1_000)
    assert report.status is Exit.FAILED
    assert "no room" in (report.problem or "")


def test_without_maxmemory_everything_fits(folder: Path) -> None:
    report = with_memory(folder, used=1_000, most=0)
    assert report.status is Exit.OK
    assert "which has no limit" in report.as_lines()[1]


def test_an_unreachable_redis_is_reported(folder: Path) -> None:
    report = dry(folder)
    assert report.status is Exit.REJECTED
    assert "not known: SLUICE_REDIS_HOST" in report.as_lines()[1]
    assert report.as_json()["redis_maxmemory"] is None


def test_a_cut_source_and_the_default_limit_are_reported_as_by_a_load(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "cut.tar"
    path.write_bytes(make_tar(session(COUNT))[:2_000])
    assert dry(path).status is Exit.INCOMPLETE
    few = Selection(max_bytes=600)
    assert dry(folder, selection=few, size_was_chosen=False).status is Exit.INCOMPLETE
