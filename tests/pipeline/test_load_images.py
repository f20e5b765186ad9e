"""`sluice load images` into a real pipeline: every image is in the topic, byte for byte."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from producer.images.load import TOPIC, tuning
from producer.images.record_size import batch_bytes
from producer.kafka.delivery import Delivery
from producer.kafka.record_arrays import Records
from producer.kafka.topic import TopicAdmin
from producer.runtime.exit_status import Exit
from producer.sample_images import write_images
from sluice.local.instance import Instance
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.local_administrator import process_of
from tests.run_sluice import SLUICE, Sluice, run_sluice, wait_for

COUNT = 12
SIZE = (64, 48)
DAYS = count(1)
Found = dict[str, bytes | None]


@pytest.fixture
def session() -> str:
    """A date that no other test uses."""
    return f"2001-01-{next(DAYS):02d}"


@pytest.fixture
def folder(tmp_path: Path, session: str) -> Path:
    write_images(tmp_path / "images", count=COUNT, size=SIZE, session=session)
    return tmp_path / "images"


def files(folder: Path, session: str) -> Found:
    """Return the files' contents of a folder in NCLT's layout, by the keys that their records must have."""
    return {f"{session}/{path.parent.name}/{path.stem}": path.read_bytes() for path in sorted(folder.rglob("*.tiff"))}


@pytest.fixture
def arrived(endpoints: Endpoints) -> Generator[Callable[[], Found]]:
    """Function that returns the records of the topic since the test began: the last value of each key."""
    consumer = Consumer({**endpoints.consumer.client_settings(), "group.id": "reader-test"})
    partitions = [TopicPartition(TOPIC, n) for n in consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions]

    def ends() -> dict[int, int]:
        return {p.partition: consumer.get_watermark_offsets(p, timeout=10)[1] for p in partitions}

    begun = ends()

    def read() -> Found:
        now = ends()
        consumer.assign([TopicPartition(TOPIC, number, offset) for number, offset in begun.items()])
        found: Found = {}
        for _ in range(sum(now.values()) - sum(begun.values())):
            message = consumer.poll(10)
            assert message is not None, "fewer records than the offsets say"
            assert message.error() is None
            found[(message.key() or b"").decode()] = message.value()
        return found

    yield read
    consumer.close()


def report(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_every_image_is_in_the_topic_and_tombstones_delete_it(
    sluice: Sluice, folder: Path, session: str, arrived: Callable[[], Found], tmp_path: Path
) -> None:
    done = sluice("load", "images", str(folder), "--json", cwd=tmp_path)
    assert done.returncode == Exit.OK, done.stderr
    expected = files(folder, session)
    summary = report(done)
    assert (summary["acknowledged"], summary["bytes"]) == (COUNT, sum(len(data or b"") for data in expected.values()))
    assert arrived() == expected
    assert sluice("load", "images", str(folder), "--tombstones", cwd=tmp_path).returncode == Exit.OK
    assert arrived() == dict.fromkeys(expected)


def test_a_selection_is_loaded_and_the_rest_accounted_for(
    sluice: Sluice, folder: Path, session: str, arrived: Callable[[], Found], tmp_path: Path
) -> None:
    (folder / "readme.txt").write_text("hello")
    done = sluice("load", "images", str(folder), "--camera", "0,1", "--every", "2", "--json", cwd=tmp_path)
    summary = report(done)
    assert (done.returncode, summary["files"], summary["acknowledged"]) == (Exit.OK, COUNT + 1, 2)
    assert {option: left["files"] for option, left in summary["left_out"].items()} == {"camera": 9, "every": 2}
    first = {key: data for key, data in files(folder, session).items() if key.endswith("000000")}
    assert arrived() == {key: data for key, data in first.items() if "/Cam0/" in key or "/Cam1/" in key}


def test_a_dry_run_sends_nothing_and_knows_redis_memory(
    sluice: Sluice, folder: Path, arrived: Callable[[], Found], tmp_path: Path
) -> None:
    done = sluice("load", "images", str(folder), "--dry-run", "--json", cwd=tmp_path)
    summary = report(done)
    assert (done.returncode, summary["images"]) == (Exit.OK, COUNT)
    assert summary["redis_maxmemory"] > summary["redis_used"] > 0
    assert summary["redis_bytes"] > summary["bytes"]
    assert arrived() == {}


class Limit:
    """The topic's max.message.bytes, which an administrator changes."""

    def __init__(self, admin: Administrator, endpoints: Endpoints) -> None:
        self._admin = admin
        self._user = endpoints.producer.client_settings()
        self._topic = TopicAdmin(self._user, topic=TOPIC)

    @contextmanager
    def of(self, size: int) -> Generator[None]:
        before = self._topic.max_message_bytes()
        self._change(size)
        yield
        self._change(before)

    def _change(self, size: int) -> None:
        self._admin.servers.set_topic(TOPIC, "max.message.bytes", str(size))
        wait_for(lambda: self._topic.max_message_bytes() == size)

    def refusal(self, key: str, value: bytes) -> int | None:
        """Send a record without checking its size; return the broker's error code, or None."""
        with Delivery(self._user, topic=TOPIC, patience=20, tuning=tuning(1_000_000)) as delivery:
            delivery.send(Records.from_pairs([(key.encode(), value)]), tick=lambda: None)
            delivery.finish(tick=lambda: None)
            return delivery.problem.code() if delivery.problem else None


@pytest.fixture
def limit(admin: Administrator, endpoints: Endpoints) -> Limit:
    return Limit(admin, endpoints)


def test_the_topics_size_limit_is_read_and_is_exact(
    sluice: Sluice, limit: Limit, folder: Path, session: str, arrived: Callable[[], Found]
) -> None:
    key, data = min(files(folder, session).items())
    assert data is not None
    size = batch_bytes(key=len(key), value=len(data))
    larger = data + bytes(len(key) - len(f"{session}/Cam0/1") + 1)  # with the shorter key: one byte more
    (folder / session / "lb3/Cam0/1.tiff").write_bytes(larger)
    with limit.of(size):
        done = sluice("load", "images", str(folder), "--camera", "0", "--json", cwd=folder.parent)
        summary = report(done)
        assert (done.returncode, summary["acknowledged"]) == (Exit.REJECTED, 2)
        assert (summary["rejected"], summary["failed"], summary["max_message_bytes"]) == ({"too-large": 1}, 0, size)
        assert arrived()[key] == data
        rejects = (folder.parent / "images.rejects.csv").read_text().splitlines()
        assert rejects[1:] == [f"{session}/lb3/Cam0/1.tiff,too-large,{len(larger)},{os.path.realpath(folder)}"]
        # The broker has the same limit.
        assert limit.refusal(key, data) is None
        assert limit.refusal(f"{session}/Cam0/1", larger) == KafkaError.MSG_SIZE_TOO_LARGE


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """Environment in which the NCLT data set is the test's folder, served on loopback."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {**environment, "SLUICE_NCLT_URL": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    server.server_close()


def test_a_session_of_the_data_set_is_streamed(
    target: str, folder: Path, session: str, served: dict[str, str], arrived: Callable[[], Found]
) -> None:
    archive = folder / f"{session}_lb3.tar.gz"  # served, with the data set's name
    write_images(archive, count=COUNT, size=SIZE, session=session)
    for source in (f"nclt:{session}/lb3", f"{served['SLUICE_NCLT_URL']}/images/{archive.name}"):
        done = run_sluice("--target", target, "load", "images", source, "--json", env=served, cwd=folder.parent)
        assert done.returncode == Exit.OK, done.stderr
        assert report(done)["acknowledged"] == COUNT
    assert arrived() == files(folder, session)


class Piped:
    """A load that reads an archive from a pipe, which the test writes in two parts, half of the images in each."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path, session: str) -> None:
        self.archive = folder / "piped.tar"
        keys = write_images(self.archive, count=COUNT, size=SIZE, session=session)
        data = self.archive.read_bytes()
        half = data.index(f"{session}/lb3/{keys[COUNT // 2].removeprefix(session + '/')}.tiff".encode())
        self.parts = data[:half], data[half:]
        self.keys = set(keys[: COUNT // 2])
        self.load = subprocess.Popen([SLUICE, *command], env=env, cwd=folder, stdin=-1, stdout=-1, stderr=-1)

    def write_part(self, part: int) -> None:
        assert self.load.stdin is not None
        self.load.stdin.write(self.parts[part])
        self.load.stdin.flush()

    def expect_line(self, beginning: str) -> None:
        """Wait for the next line of standard error, and check its beginning."""
        assert self.load.stderr is not None
        line = self.load.stderr.readline().decode()
        assert line.startswith(beginning), line

    def end(self) -> tuple[int, dict[str, Any], str]:
        out, errors = self.load.communicate(timeout=120)
        assert out, errors
        return self.load.returncode, json.loads(out), errors.decode()


@pytest.fixture
def piped(target: str, environment: dict[str, str], tmp_path: Path, session: str) -> Piped:
    command = ["--target", target, "load", "images", "-", "--json", "--wait", "2"]
    return Piped(command, environment, tmp_path, session)


def test_ctrl_c_reports_what_arrived(piped: Piped, arrived: Callable[[], Found]) -> None:
    piped.write_part(0)
    piped.expect_line("standard input: ")  # progress: the first part has been sent by then
    piped.load.send_signal(signal.SIGINT)
    piped.expect_line("stopping; ")
    status, summary, errors = piped.end()
    assert status == Exit.INTERRUPTED, errors
    assert (summary["acknowledged"], summary["failed"], summary["complete"]) == (COUNT // 2, 0, False)
    assert set(arrived()) == piped.keys


@pytest.mark.local_only("it stops a process by SIGSTOP, which no pod takes from another")
def test_a_broker_that_stops_answering_is_waited_for_and_then_reported(
    piped: Piped, instance: Instance, sluice: Sluice, arrived: Callable[[], Found]
) -> None:
    broker = process_of(instance, "kafka")
    piped.write_part(0)
    piped.expect_line("standard input: ")
    os.kill(broker, signal.SIGSTOP)
    try:
        piped.write_part(1)
        status, summary, errors = piped.end()
    finally:
        os.kill(broker, signal.SIGCONT)
    assert status == Exit.INCOMPLETE, errors
    assert summary["acknowledged"] == COUNT // 2
    assert summary["failed"] > 0
    assert "were acknowledged" in errors
    assert "The same command again finishes the work" in errors
    done = sluice("load", "images", str(piped.archive), cwd=piped.archive.parent)
    assert done.returncode == Exit.OK, done.stderr
    assert len(arrived()) == COUNT
