import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from producer.images.selection import Selection
from sluice.proof.images.json_result import to_json
from sluice.proof.images.prove import ImageProofResult
from sluice.proof.images.redis_images import NotBytes
from sluice.proof.images.report import render
from sluice.proof.images.verdict import judge_images
from sluice.proof.shared.pipeline_versions import PipelineVersions
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_report import ProofReport
from tests.unit.sluice.proof.images.fake_store import (
    START,
    FakeStore,
    content,
    key,
    make_empty,
    make_folder,
    png,
    prove,
    utime,
)
from tests.unit.sluice.proof.shared.fake_sink import FAILED, FakeSink
from tests.unit.sluice.proof.shared.parsed_page import Page, words


def proof(result: ImageProofResult, *, absent: bool = False) -> ProofReport[ImageProofResult]:
    options = ProofOptions(absent=absent, wait_seconds=60)
    return ProofReport(
        options=options,
        verdict=judge_images(options=options, result=result, dead_letters=2),
        result=result,
        pipeline=PipelineVersions(versions=(("Redis", "Redis 6.2.7"),), connectors=(), dead_letters=2),
        made_at=datetime(2026, 11, 22, 15, 0, 7, tzinfo=UTC),
        seconds=1.25,
        command="sluice proof 2012-11-16",
    )


def text_of(result: ImageProofResult, *, absent: bool = False) -> str:
    return words(Page(render(proof(result, absent=absent))).text)


def test_the_report_has_the_verdict_the_counts_and_the_cameras(folder: Path, store: FakeStore):
    text = text_of(prove(folder, store=store))
    assert "✓ Proven All 6 images of the source are in Redis, every byte equal." in text
    assert re.search(r"Rejected 0 .* Compared 6 .* Equal 6 .* Missing 0 .* Different 0 .* Extra 0 ", text)
    assert "Redis 6.2.7, database 1" in text
    assert "977 KiB of 477 MiB (maxmemory)" in text
    assert re.search(r"2012-11-16/Cam1 3 \d+ 3 0 0 2012-11-16 21:01:18.298235 2012-11-16 21:01:18.698235", text)
    assert "2 of redis-sink" in text
    assert "Made 2026-11-22 15:00:07 UTC in 1.2 s by sluice proof 2012-11-16" in text


def test_the_report_shows_what_redis_holds_and_not_what_the_source_has(folder: Path, store: FakeStore):
    store.content[key(0, 0)] = png(200)
    shown = render(proof(prove(folder, store=store)))
    store.content[key(0, 0)] = png(0)
    proper = render(proof(prove(folder, store=store)))
    pictures = re.compile(r'src="(data:[^"]+)"')
    assert pictures.findall(shown)[0] != pictures.findall(proper)[0]
    assert pictures.findall(shown)[1:] == pictures.findall(proper)[1:]
    assert shown.count("differs from the source") == 1


def test_the_report_is_self_contained(folder: Path, store: FakeStore):
    html = render(proof(prove(folder, store=store)))
    report = Page(html)
    assert report.tags["img"] == 6
    assert all(link.startswith("data:image/") for link in report.links)
    assert not re.search(r"@import|url\(|https?://", html)
    assert report.tags["script"] == report.tags["link"] == report.tags["iframe"] == 0


def test_a_report_on_many_images_shows_some_of_them_and_stays_small(tmp_path: Path):
    folder = make_folder(tmp_path, cameras=6, images=40)
    html = render(proof(prove(folder, store=FakeStore(content(folder)))))
    assert Page(html).tags["img"] == 24
    assert "24 of 240 images, evenly over cameras and time" in words(html)
    assert len(html) < 1_000_000


def test_missing_different_and_extra_images_are_listed(folder: Path, store: FakeStore):
    (folder / "lb3/Cam0/note.txt").write_text("<script>alert(1)</script>")
    extra = f"2012-11-16/Cam0/{START + 1}"
    del store.content[key(1, 0)]
    store.content |= {key(0, 1): b"other", key(0, 2): NotBytes(why="it is a list"), extra: b"x"}
    result = prove(folder, store=store)
    text = text_of(result)
    assert "1 image of 6 is missing; 2 images differ; 1 image is in Redis but not in the source." in text
    assert re.search(rf"Missing images .* {key(1, 0)} 2012-11-16 21:01:18.298235 {len(png(10))} ", text)
    different = result.comparison.different.first[0]
    assert different.stored is not None
    assert f"{key(0, 1)} source {len(png(1))} {different.source.sha256}" in text
    assert f"Redis 5 {different.stored.sha256}" in text
    assert "Redis – not a string of bytes" in text
    assert f"Extra images Key Time, UTC {extra}" in text
    assert "lb3/Cam0/note.txt" in text


def test_rejected_images_that_are_there_are_listed_with_their_reason(folder: Path, store: FakeStore):
    make_empty(folder, key(0, 0))
    result = prove(folder, store=store)
    text = text_of(result)
    assert "1 rejected file of the source is in Redis." in text
    assert "Rejected, but present 1 " in text
    assert f"Rejected images that are in Redis Key Why a load rejects it {key(0, 0)} it has no bytes" in text
    found = to_json(proof(result), report=Path("proof.html"))
    assert (found["extra"], found["refused_there"]) == (1, 1)
    assert found["listed"]["extra"] == [key(0, 0)]


def test_a_long_list_is_cut_and_says_so(folder: Path):
    text = text_of(prove(folder, store=FakeStore({}), limit=4))
    assert "The first 4 of 6, by key." in text
    assert "Redis holds none of the images compared." in text


def test_left_out_images_are_counted_and_extra_ones_not_looked_for(folder: Path, store: FakeStore):
    text = text_of(prove(folder, store=store, selection=Selection(every=2)))
    assert "Left out 2 by --every" in text
    assert "Extra – not looked for" in text


def test_a_full_redis_is_marked(folder: Path):
    html = render(proof(prove(folder, store=FakeStore({}, used=10**9, limit=10**9))))
    assert '<dd class="bad-count">954 MiB of 954 MiB (maxmemory)</dd>' in html


@pytest.mark.parametrize("absent", [True, False])
def test_a_report_on_an_empty_source_is_rendered(tmp_path: Path, absent: bool):
    assert "Nothing was compared" in text_of(prove(tmp_path, store=FakeStore({}), absent=absent), absent=absent)


def test_a_report_of_absence_says_so(folder: Path):
    text = text_of(prove(folder, store=FakeStore({}), absent=True), absent=True)
    assert "✓ Proven: absence None of the 6 images of the source is in Redis." in text


def test_a_key_without_a_time_is_shown_all_the_same(tmp_path: Path):
    (tmp_path / f"{utime(0)}.png").write_bytes(png(1))
    assert "1 image of 1 is missing." in text_of(prove(tmp_path, store=FakeStore({})))


def test_the_json_result_has_the_same_counts(folder: Path, store: FakeStore):
    del store.content[key(1, 0)]
    store.content[key(0, 1)] = b"other"
    found = to_json(proof(prove(folder, store=store, sink=FakeSink(problem=FAILED))), report=Path("proof.html"))
    assert (found["ok"], found["outcome"]) == (False, "sink-failed")
    assert (found["compared"], found["equal"], found["missing"], found["different"], found["extra"]) == (6, 4, 1, 1, 0)
    assert found["missing_bytes"] == len(png(10))
    assert found["listed"]["missing"] == [key(1, 0)]
    assert found["listed"]["different"][0]["redis"]["bytes"] == 5
    assert found["cameras"]["2012-11-16/Cam1"]["missing"] == 1
    assert found["redis"] == {"version": "Redis 6.2.7", "database": 1, "used_memory": 10**6, "maxmemory": 5 * 10**8}
