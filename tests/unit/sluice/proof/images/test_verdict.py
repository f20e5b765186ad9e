from pathlib import Path

import pytest

from producer.images.selection import Selection
from sluice.proof.images.prove import ImageProofResult
from sluice.proof.images.redis_images import NotBytes
from sluice.proof.images.verdict import format_size, judge_images
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_verdict import Outcome, Verdict
from tests.unit.sluice.proof.images.fake_store import START, FakeStore, key, make_empty, prove, utime
from tests.unit.sluice.proof.shared.fake_sink import FAILED, PAUSED, FakeSink


def verdict(
    result: ImageProofResult, *, absent: bool = False, allow_extra: bool = False, dead_letters: int = 0
) -> Verdict:
    options = ProofOptions(absent=absent, allow_extra=allow_extra, wait_seconds=60)
    return judge_images(options=options, result=result, dead_letters=dead_letters)


def test_a_source_whose_images_are_all_there_is_proven(folder: Path, store: FakeStore):
    found = verdict(prove(folder, store=store), dead_letters=3)
    assert found.ok
    assert found.headline == "All 6 images of the source are in Redis, every byte equal."
    assert found.reasons == ()


def test_rejected_and_left_out_files_are_noted_but_do_not_prevent_a_proof(folder: Path, store: FakeStore):
    (folder / "lb3/Cam0" / f"{utime(0)}.png").write_bytes(b"nothing")
    del store.content[key(0, 0)]
    found = verdict(prove(folder, store=store, selection=Selection(every=2, limit=2)))
    assert found.ok
    assert found.headline == "The one image of the source is in Redis, every byte equal."
    assert found.reasons == (
        "1 file of the source is rejected (no image that could be loaded): it must not be in Redis.",
        "4 images are left out and not compared: 2 by --every, 2 by --limit.",
    )


def test_nothing_to_compare_proves_nothing(tmp_path: Path):
    for absent in (False, True):
        found = verdict(prove(tmp_path, store=FakeStore({}), absent=absent), absent=absent)
        assert found.outcome is Outcome.NOTHING_COMPARED
        assert not found.ok


def test_the_headline_counts_missing_different_and_extra_images(folder: Path, store: FakeStore):
    del store.content[key(0, 0)], store.content[key(1, 0)]
    store.content |= {key(1, 2): NotBytes(why="a list"), f"2012-11-16/Cam0/{START + 1}": b"x"}
    found = verdict(prove(folder, store=store))
    assert found.outcome is Outcome.DIFFERENT
    assert found.headline == "2 images of 6 are missing; 1 image differs; 1 image is in Redis but not in the source."


def test_extra_images_fail_a_proof_unless_they_are_allowed(folder: Path, store: FakeStore):
    store.content[f"2012-11-16/Cam0/{START + 1}"] = b"x"
    result = prove(folder, store=store)
    assert verdict(result).outcome is Outcome.DIFFERENT
    assert verdict(result).headline == "1 image is in Redis but not in the source."
    assert "--allow-extra" in verdict(result).reasons[0]
    assert verdict(result, allow_extra=True).ok


def test_a_sink_with_lag_has_not_caught_up(folder: Path):
    found = verdict(
        prove(folder, store=FakeStore({}), sink=FakeSink([(key(0, 0).encode(), b"x")], pace=0), wait_seconds=0)
    )
    assert found.outcome is Outcome.NOT_CAUGHT_UP
    assert "1 record that can change this was waiting for the sink after 60 s" in found.reasons[0]


def test_a_sink_that_has_failed_says_why(folder: Path, store: FakeStore):
    found = verdict(prove(folder, store=FakeStore({}), sink=FakeSink(problem=FAILED)))
    assert found.outcome is Outcome.SINK_FAILED
    assert any("has FAILED" in reason for reason in found.reasons)
    assert "start the connector again" in found.reasons[-1]
    assert verdict(prove(folder, store=store, sink=FakeSink(problem=FAILED))).ok


@pytest.mark.parametrize("absent", [True, False])
def test_waiting_records_that_could_change_it_prevent_a_proof(folder: Path, store: FakeStore, absent: bool):
    sink = FakeSink([(key(0, 0).encode(), b"x" if absent else None)], problem=PAUSED)
    found = verdict(prove(folder, store=FakeStore({}) if absent else store, sink=sink, absent=absent), absent=absent)
    assert found.outcome is Outcome.SINK_FAILED
    assert "now, but 1 record that can change this is waiting for the sink." in found.headline


@pytest.mark.parametrize(("absent", "allow_extra"), [(False, False), (False, True), (True, False)])
def test_an_image_that_the_source_rejects_and_redis_has_fails_every_proof(
    folder: Path, store: FakeStore, absent: bool, allow_extra: bool
):
    make_empty(folder, key(0, 0))
    store.content = {key(0, 0): b"x"} if absent else store.content
    found = verdict(prove(folder, store=store, absent=absent), absent=absent, allow_extra=allow_extra)
    assert found.outcome is Outcome.DIFFERENT
    assert found.headline == "1 rejected file of the source is in Redis."
    assert f"such as {key(0, 0)}: it has no bytes" in found.reasons[0]


def test_rejected_images_in_redis_count_even_if_every_file_is_rejected(folder: Path, store: FakeStore):
    for name in store.content:
        make_empty(folder, name)
    assert verdict(prove(folder, store=FakeStore({}))).outcome is Outcome.NOTHING_COMPARED
    found = verdict(prove(folder, store=store))
    assert (found.outcome, found.headline) == (Outcome.DIFFERENT, "6 rejected files of the source are in Redis.")


def test_missing_images_mention_the_dead_letters(folder: Path, store: FakeStore):
    del store.content[key(0, 0)]
    found = verdict(prove(folder, store=store), dead_letters=1)
    assert "`sluice load images SOURCE` sends every image of it again" in found.reasons[0]
    assert any("sluice dlq --connector redis-sink" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("used", "limit", "full"),
    [(990_000, 1_000_000, True), (999_900, 1_000_000_000, False), (1_000, 1_100, True), (990_000, 0, False)],
    ids=["almost all is used", "room enough", "too little is left", "no maxmemory"],
)
def test_a_full_redis_is_the_first_reason(folder: Path, used: int, limit: int, full: bool):
    store = FakeStore({}, used=used, limit=limit)
    reasons = verdict(prove(folder, store=store, sink=FakeSink(problem=FAILED))).reasons
    assert reasons[0].startswith("Redis has no room: it uses ") is full
    assert ("6 images missing need" in reasons[0] and "maxmemory" in reasons[0]) is full


def test_a_full_redis_that_holds_everything_is_no_fault(folder: Path, store: FakeStore):
    store.used = store.limit
    assert verdict(prove(folder, store=store)).reasons == ()


@pytest.mark.parametrize(("left", "ok"), [(0, True), (2, False)])
def test_absence_is_proven_only_if_no_image_is_there(folder: Path, store: FakeStore, left: int, ok: bool):
    store.content = dict(list(store.content.items())[:left])
    found = verdict(prove(folder, store=store, absent=True), absent=True)
    assert found.ok is ok
    assert ("None of the 6 images" if ok else "2 images of 6 are still in Redis.") in found.headline


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1536, "1.5 KiB"), (512 << 20, "512 MiB"), (999 << 20, "999 MiB")],
)
def test_sizes_are_in_powers_of_1024(count: int, text: str):
    assert format_size(count) == text
    assert format_size(1023 << 20) == "0.999 GiB"
