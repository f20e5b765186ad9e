"""`sluice proof` of images, against a real Redis."""

import json
import shutil
import tarfile
from collections.abc import Callable, Generator, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from PIL import Image

from producer.runtime.exit_status import Exit
from sluice.proof.images.redis_images import BATCH_BYTES, BATCH_KEYS, NotBytes, open_images_store
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.pipeline.pause_sink import paused_sink
from tests.run_sluice import Sluice

Prove = Callable[..., tuple[int, dict[str, Any]]]
# A session that no other test uses.
SESSION = "2009-02-03"
START = 1_233_662_400_000_000
CAMERAS, IMAGES = ("Cam0", "Cam3"), 6
ALL = len(CAMERAS) * IMAGES


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session's folder in the data set's layout; images of noise, so that no two are equal."""
    root = tmp_path_factory.mktemp("images") / SESSION
    noise = np.random.default_rng(7)
    for camera in CAMERAS:
        folder = root / "lb3" / camera
        folder.mkdir(parents=True)
        for number in range(IMAGES):
            pixels = noise.integers(0, 256, (120, 160, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{START + number * 200_000}.tiff")
    return root


@pytest.fixture
def connect(admin: Administrator) -> Generator["redis.Redis"]:
    """Redis client with the sink's user; the session's keys are removed before and after the test."""
    with admin.redis("connect", database=1) as client:
        clear(admin)
        yield client
        clear(admin)


def clear(admin: Administrator) -> None:
    """Remove all keys of SESSION, as the administrator: no other user may list keys."""
    with admin.redis(database=1) as client:
        for key in client.scan_iter(match=f"{SESSION}/*"):
            client.delete(key)


@pytest.fixture
def stored(connect: "redis.Redis", images: Path) -> "redis.Redis":
    """Redis client, with every image written to Redis without Kafka."""
    for key, path in by_key(images):
        connect.set(key, path.read_bytes())
    return connect


def by_key(images: Path) -> Iterator[tuple[str, Path]]:
    return ((f"{SESSION}/{path.parent.name}/{path.stem}", path) for path in sorted(images.rglob("*.tiff")))


@pytest.fixture
def prove(sluice: Sluice, tmp_path: Path) -> Prove:
    """Function that runs a proof and returns its exit status and its JSON object."""

    def run(source: Path, *options: str) -> tuple[int, dict[str, Any]]:
        done = sluice("proof", str(source), "--json", "-o", str(tmp_path / "proof.html"), *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def test_every_image_that_was_loaded_is_there(sluice: Sluice, prove: Prove, images: Path):
    done = sluice("load", "images", str(images))
    assert done.returncode == Exit.OK, done.stderr
    status, proof = prove(images)
    assert status == Exit.OK, proof
    assert proof["compared"] == proof["equal"] == ALL
    report = Path(proof["report"]).read_text(encoding="utf-8")
    assert proof["headline"] in report
    assert report.count('<img src="data:image/jpeg;base64,') == ALL


def test_images_that_were_deleted_are_proven_absent(sluice: Sluice, prove: Prove, images: Path):
    assert sluice("load", "images", str(images)).returncode == Exit.OK
    assert prove(images)[0] == Exit.OK
    assert prove(images, "--absent", "--wait", "0")[0] == Exit.DIFFERENT
    assert sluice("load", "images", str(images), "--tombstones").returncode == Exit.OK
    status, proof = prove(images, "--absent")
    assert status == Exit.OK, proof


@pytest.mark.usefixtures("connect")
def test_no_proof_is_given_while_records_wait_that_could_change_it(
    sluice: Sluice, prove: Prove, images: Path, endpoints: Endpoints, target: str
):
    assert sluice("load", "images", str(images)).returncode == Exit.OK
    assert prove(images)[0] == Exit.OK
    with paused_sink(endpoints, "redis-sink", target=target):
        assert sluice("load", "images", str(images), "--camera", "Cam3", "--tombstones").returncode == Exit.OK
        status, proof = prove(images)
        assert (status, proof["outcome"], proof["equal"]) == (Exit.DIFFERENT, "sink-failed", ALL), proof
        assert proof["sink"]["concerning"] == IMAGES
        status, proof = prove(images, "--camera", "Cam0")
        assert (status, proof["sink"]["lag"], proof["sink"]["concerning"]) == (Exit.OK, IMAGES, 0), proof
    assert prove(images, "--camera", "Cam3", "--absent")[0] == Exit.OK


def test_images_that_are_rejected_now_are_found_at_the_edges_and_after_a_deletion(
    stored: "redis.Redis", prove: Prove, images: Path, tmp_path: Path
):
    now = tmp_path / SESSION
    shutil.copytree(images, now)
    first, *rest = (key for key, _ in by_key(images))
    (now / "lb3/Cam0" / f"{START}.tiff").write_bytes(b"")
    status, proof = prove(now, "--allow-extra")
    assert (status, proof["outcome"], proof["equal"]) == (Exit.DIFFERENT, "different", ALL - 1), proof
    assert proof["listed"]["refused_there"] == [{"key": first, "reason": "empty"}]
    stored.delete(*rest)
    assert prove(now, "--absent")[0] == Exit.DIFFERENT
    stored.delete(first)
    assert prove(now, "--absent")[0] == Exit.OK


def test_an_image_with_a_time_to_live_is_reported(stored: "redis.Redis", prove: Prove, images: Path):
    key, path = next(by_key(images))
    stored.set(key, path.read_bytes(), ex=3600)
    status, proof = prove(images)
    assert (status, proof["different"]) == (Exit.DIFFERENT, 1), proof
    assert proof["listed"]["different"][0]["expires"]


@pytest.mark.usefixtures("stored")
def test_an_archive_holds_the_same_images_as_its_folder(prove: Prove, images: Path, tmp_path: Path):
    archive = tmp_path / f"{SESSION}_lb3.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(images, arcname=SESSION)
    status, proof = prove(archive)
    assert status == Exit.OK, proof
    assert (proof["equal"], proof["extra"]) == (ALL, 0)


def test_what_is_wrong_in_redis_is_found(stored: "redis.Redis", prove: Prove, images: Path):
    (missing, _), (shorter, path), (list_, _), *_ = by_key(images)
    data = path.read_bytes()
    stored.delete(missing, list_)
    stored.set(shorter, data[:-1])
    extra = f"{SESSION}/Cam3/{START + 1}"
    stored.set(extra, b"")
    status, proof = prove(images, "--wait", "0")
    assert status == Exit.DIFFERENT
    assert (proof["missing"], proof["different"], proof["extra"]) == (2, 1, 1)
    assert proof["equal"] == ALL - 3
    assert proof["listed"]["missing"] == [missing, list_]
    assert proof["listed"]["extra"] == [extra]
    (different,) = proof["listed"]["different"]
    assert different["source"] == {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    assert different["redis"] == {"bytes": len(data) - 1, "sha256": sha256(data[:-1]).hexdigest()}
    stored.delete(extra)


@pytest.mark.usefixtures("stored")
def test_the_selection_is_that_of_the_load(prove: Prove, images: Path):
    status, proof = prove(images, "--camera", "Cam3", "--every", "2", "--limit", "2")
    assert status == Exit.OK, proof
    assert (proof["compared"], proof["extra"]) == (2, None)
    assert {option: left["files"] for option, left in proof["source"]["left_out"].items()} == {
        "camera": 6,
        "every": 3,
        "limit": 1,
    }


@pytest.mark.usefixtures("stored")
def test_an_image_larger_than_the_topic_s_limit_is_not_looked_for(prove: Prove, images: Path, tmp_path: Path):
    folder = tmp_path / SESSION
    shutil.copytree(images, folder)
    file = BytesIO()
    Image.fromarray(np.zeros((1700, 1700, 3), dtype=np.uint8)).save(file, "tiff")
    (folder / "lb3/Cam0" / f"{START + 150_000}.tiff").write_bytes(file.getvalue())
    status, proof = prove(folder)
    assert status == Exit.OK, proof
    assert proof["source"]["refused"] == {"too-large": 1}


def test_a_redis_without_room_is_named(stored: "redis.Redis", prove: Prove, images: Path, admin: Administrator):
    missing, _ = next(by_key(images))
    stored.delete(missing)
    with admin.redis() as server:
        before = server.config_get("maxmemory")["maxmemory"]
        server.config_set("maxmemory", 100_000)
        try:
            status, proof = prove(images, "--wait", "0")
        finally:
            server.config_set("maxmemory", str(before))
    assert status == Exit.DIFFERENT
    assert proof["reasons"][0].startswith("Redis has no room: it uses ")
    assert "of the 97.7 KiB that maxmemory allows, and the 1 image missing needs" in proof["reasons"][0]


def test_values_of_any_size_are_read_in_order(connect: "redis.Redis", endpoints: Endpoints):
    sizes = [0, 1, BATCH_BYTES - 1, BATCH_BYTES + 1, 2, BATCH_BYTES, 3] + [5] * BATCH_KEYS
    held = {f"{SESSION}/any/{number}": bytes([number % 256]) * size for number, size in enumerate(sizes)}
    for key, data in held.items():
        connect.set(key, data)
    with open_images_store(endpoints.redis) as store:
        absent = f"{SESSION}/any/no"
        assert list(store.read([absent, *held])) == [(absent, None), *held.items()]
        assert list(store.present([absent, *held])) == list(held)
        assert list(store.expiring([absent, *held])) == []
        assert set(store.scan(f"{SESSION}/any/")) == set(held)


def test_keys_with_patterns_of_redis_are_taken_literally(
    connect: "redis.Redis", endpoints: Endpoints, admin: Administrator
):
    connect.set(f"{SESSION}/a*[b]?\\^/1", b"x")
    connect.set(f"{SESSION}/aXb/1", b"y")
    connect.set(f"{SESSION}/".encode() + b"\xff\xfe", b"z")
    with admin.redis(database=1) as server:
        server.rpush(f"{SESSION}/list/1", "x")
    with open_images_store(endpoints.redis) as store:
        assert list(store.scan(f"{SESSION}/a*[b]?\\^/")) == [f"{SESSION}/a*[b]?\\^/1"]
        (binary,) = store.scan(f"{SESSION}/\udcff")
        assert list(store.read([binary])) == [(binary, b"z")]
        ((_, value),) = store.read([f"{SESSION}/list/1"])
        assert isinstance(value, NotBytes)
