"""`sluice messages`: decoding, selection, unknown topics, --follow."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT
from typing import Any

import pytest
from confluent_kafka import Producer

from producer.runtime.exit_status import Exit
from sluice.view.endpoints import Endpoints
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import SLUICE, Sluice, wait_for

START = TimeRange.MESSAGES.value
KEYS = [str(START + n * 200_000) for n in range(6)]

Messages = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, sluice: Sluice) -> Path:
    """A small log, loaded."""
    path = tmp_path_factory.mktemp("messages") / "gps.csv"
    rows = [f"{key},3,0,0.738168596822093,-1.46098603965911,nan,11.3,0.005\n" for key in KEYS]
    path.write_text("".join(rows), encoding="utf-8")
    done = sluice("load", "gps", str(path))
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def messages(sluice: Sluice) -> Messages:
    def run(*arguments: str) -> list[dict[str, Any]]:
        done = sluice("messages", *arguments)
        assert done.returncode == Exit.OK, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_a_message_is_decoded_by_the_registry(log: Path, messages: Messages):
    (*_, message) = messages("gps-fixes", "--key", KEYS[0])
    assert message["key"] == KEYS[0]
    assert message["value"] == {
        "recorded_at": "2011-01-01T00:00:00.000000Z",
        "fix_mode": 3,
        "satellites": 0,
        "latitude": 0.738168596822093,
        "longitude": -1.46098603965911,
        "altitude": None,
        "track": 11.3,
        "speed": 0.005,
    }
    assert set(message) == {"partition", "offset", "timestamp", "key", "value", "headers"}


def test_a_limit_takes_the_newest(log: Path, messages: Messages):
    newest = messages("gps-fixes", "--limit", "3")
    assert len(newest) == 3
    assert {message["key"] for message in newest} <= set(KEYS)
    assert len(messages("gps-fixes", "--limit", "4")) == 4


def test_a_tombstone_is_shown(log: Path, sluice: Sluice, messages: Messages):
    assert sluice("load", "gps", str(log), "--tombstones").returncode == 0
    history = messages("gps-fixes", "--key", KEYS[1])
    assert history[-1]["value"] is None
    assert history[-2]["value"]["fix_mode"] == 3
    assert messages("gps-fixes", "--key", KEYS[1], "--limit", "1") == history[-1:]


def test_an_offset_a_time_and_a_text_select(log: Path, messages: Messages):
    (*_, one) = messages("gps-fixes", "--key", KEYS[2], "--filter", "TRACK=11.3")
    at = f"{one['partition']}:{one['offset']}"
    assert messages("gps-fixes", "--from-offset", at, "--limit", "1") == [one]
    assert one in messages("gps-fixes", "--from-time", one["timestamp"])
    assert one in messages("gps-fixes", "--from-time", "1h", "--filter", KEYS[2])
    assert messages("gps-fixes", "--from-offset", at, "--key", KEYS[2], "--limit", "1", "--follow") == [one]


def test_what_selects_nothing_says_so(log: Path, sluice: Sluice):
    done = sluice("messages", "gps-fixes", "--filter", "no such text")
    assert (done.returncode, done.stdout) == (Exit.OK, "")
    assert "gps-fixes has no record with the text 'no such text'" in done.stderr
    for start, sentence in (
        ("999999999999", "is outside every partition of gps-fixes"),
        ("0:999999999999", "is outside gps-fixes: partition 0"),
        ("99:0", "gps-fixes has no partition 99"),
    ):
        done = sluice("messages", "gps-fixes", "--from-offset", start)
        assert (done.returncode, done.stdout) == (Exit.USAGE, "")
        assert sentence in done.stderr
    done = sluice("messages", "gps-fixes", "--from-time", "2100-01-01")
    assert done.returncode == Exit.USAGE
    assert "is in the future" in done.stderr


def test_dead_letters_show_why(endpoints: Endpoints, messages: Messages):
    producer = Producer(endpoints.producer.client_settings())
    producer.produce("gps-fixes", key=b"1293840009999999", value=b"\0\0\0\0\x63no avro")
    assert producer.flush(30) == 0
    found: list[dict[str, Any]] = []

    def arrived() -> bool:
        found[:] = messages("mysql-sink-dead-letters", "--key", "1293840009999999")
        return bool(found)

    wait_for(arrived)
    headers = found[0]["headers"]
    assert headers["__connect.errors.topic"] == "gps-fixes"
    assert headers["__connect.errors.exception.message"]
    assert found[0]["value"] == {"bytes": 12, "hex": "00000000636e6f206176726f"}


def test_an_unknown_topic_is_an_error_with_the_readable_topics(sluice: Sluice):
    done = sluice("messages", "no-such-topic")
    assert done.returncode == Exit.FAILED
    assert "'no-such-topic'" in done.stderr
    assert "gps-fixes" in done.stderr
    assert done.stdout == ""


def test_a_topic_without_an_acl_counts_as_unknown(sluice: Sluice):
    done = sluice("messages", "connect-configs")
    assert done.returncode == Exit.FAILED
    assert "that consumer may read" in done.stderr


def test_follow_prints_new_messages_until_ctrl_c(log: Path, sluice: Sluice, environment: dict[str, str], target: str):
    command = [SLUICE, "--target", target, "messages", "gps-fixes", "--follow", "--limit", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        json.loads(following.stdout.readline())
        assert sluice("load", "gps", str(log)).returncode == 0
        came = {json.loads(following.stdout.readline())["key"] for _ in KEYS}
        following.send_signal(SIGINT)
        assert following.wait(20) == Exit.OK
    assert came == set(KEYS)


def test_a_closed_pipe_is_no_error(log: Path, environment: dict[str, str], target: str):
    command = f"{SLUICE} --target {target} messages gps-fixes | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)
