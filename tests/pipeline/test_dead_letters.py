"""`sluice dlq` with real dead letters: list, show, write, repair and load, send again."""

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from producer.gps import encode_row
from producer.gps.parse_row import parse_row
from producer.kafka.register_schema import register
from producer.runtime.exit_status import Exit
from sluice.view.endpoints import Endpoints
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import Sluice, wait_for

START = TimeRange.DEAD_LETTERS.value
ROW = b"%d,3,0,0.738168596822093,-1.46098603965911,nan,11.3,0.005"
HOSTILE = "\x1b[31mred \u202e:car: [bold]"

Found = list[dict[str, Any]]
Letters = Callable[..., Found]


@pytest.fixture(scope="module")
def mark() -> str:
    """Prefix of the keys of this file's records, since other tests create dead letters too."""
    return uuid4().hex[:12]


@pytest.fixture(scope="module")
def letters(sluice: Sluice) -> Letters:
    def find(*arguments: str) -> Found:
        done = sluice("dlq", "--json", "--limit", "1000000", *arguments)
        assert done.returncode == Exit.OK, done.stderr
        return json.loads(done.stdout)["letters"]

    return find


@pytest.fixture(scope="module")
def bad(endpoints: Endpoints, mark: str, letters: Letters) -> Found:
    """Dead letters of three records with keys that are not numbers: two valid rows and one that is not Avro."""
    schema = register(encode_row.schema_text(), subject=encode_row.SUBJECT, registry=endpoints.compatible_registry)
    right = [
        encode_row.encode_value(parse_row(ROW % (START + n)), header=encode_row.encode_header(schema)) for n in range(2)
    ]
    producer = Producer(endpoints.producer.client_settings() | {"partitioner": "murmur2_random"})  # as a load does
    headers: list[tuple[str, str | bytes | None]] = [("who", HOSTILE.encode()), ("none", None)]
    for number, value in enumerate((*right, b"\x1b no avro")):
        producer.produce("gps-fixes", key=f"{mark}{HOSTILE}{number}".encode(), value=value, headers=headers)
    producer.produce("images", key=None, value=f"image {mark}".encode())
    assert producer.flush(30) == 0
    found: Found = []

    def arrived() -> bool:
        found[:] = ours(letters("--connector", "mysql-sink"), mark)
        return len(found) == 3

    wait_for(arrived)
    return found


def ours(found: Found, mark: str) -> Found:
    """Return the letters whose key begins with the mark; keys are shown as bytes, because they contain ESC."""
    keys = [letter["key"] for letter in found]
    return [
        letter
        for letter, key in zip(found, keys, strict=True)
        if isinstance(key, dict) and key["hex"].startswith(mark.encode().hex())
    ]


def addresses(found: Found) -> list[str]:
    return [letter["letter"] for letter in found]


def chosen(found: Found) -> list[str]:
    return [word for address in addresses(found) for word in ("--letter", address)]


def test_letters_are_listed_with_reasons_and_escaped(bad: Found, mark: str, sluice: Sluice):
    done = sluice("dlq", "--reason", mark)
    assert done.returncode == Exit.OK, done.stderr
    assert "3 dead letters" in done.stdout
    assert all(address in done.stdout for address in addresses(bad))
    assert rf"{mark}\x1b[31mred \u202e:car: [bold]0" in done.stdout
    assert "\x1b" not in done.stdout


def test_show_prints_a_whole_letter(bad: Found, mark: str, sluice: Sluice):
    address = addresses(bad)[0]
    shown = sluice("dlq", "show", address, "--trace")
    assert shown.returncode == Exit.OK, shown.stderr
    assert " at " in shown.stdout.partition("stack trace: ")[2]
    assert r"header who: \x1b[31mred \u202e:car: [bold]" in shown.stdout
    whole = json.loads(sluice("dlq", "show", address, "--json").stdout)
    assert bytes.fromhex(whole["key_hex"]).decode() == f"{mark}{HOSTILE}{whole['key_hex'][-1]}"
    assert whole["original"]["topic"] == "gps-fixes"
    assert [header["name"] for header in whole["headers"]] == ["who", "none"]


def test_an_unknown_letter_is_an_error(sluice: Sluice):
    done = sluice("dlq", "show", "mysql-sink:0:99999999999")
    assert done.returncode == Exit.FAILED
    assert "there is no dead letter at mysql-sink-dead-letters:0:99999999999" in done.stderr


def test_rows_are_written_repaired_loaded_and_proven(bad: Found, mark: str, sluice: Sluice, tmp_path: Path):
    file = tmp_path / "mended.csv"
    written = sluice("dlq", "write", str(file), "--json", *chosen(bad))
    assert written.returncode == Exit.OK, written.stderr
    assert json.loads(written.stdout)["letters"] == 2
    (rest,) = map(json.loads, (tmp_path / "mended.rest.jsonl").read_text().splitlines())
    assert bytes.fromhex(rest["value_hex"]) == b"\x1b no avro"
    assert sluice("dlq", "write", str(file)).returncode == Exit.USAGE  # it is there already
    loaded = sluice("load", "gps", str(file), cwd=tmp_path)
    assert "2 of 2 rows loaded" in loaded.stdout, loaded.stderr
    proven = sluice("proof", str(file), "--allow-extra", "-o", str(tmp_path / "proof.html"))
    assert proven.returncode == Exit.OK, proven.stdout
    assert sluice("load", "gps", str(file), "--tombstones", cwd=tmp_path).returncode == Exit.OK


def test_images_are_written_to_an_archive(bad: Found, mark: str, letters: Letters, sluice: Sluice, tmp_path: Path):
    found: Found = []

    def arrived() -> bool:
        found[:] = letters("--connector", "redis-sink")
        return bool(found)

    wait_for(arrived)
    done = sluice("dlq", "--connector", "redis-sink", "write", str(tmp_path / "images.tar"), "--again")
    assert done.returncode == Exit.OK, done.stderr
    with tarfile.open(tmp_path / "images.tar") as tar:
        held = [tar.extractfile(member) for member in tar]
        assert f"image {mark}".encode() in [file.read() for file in held if file]


def test_letters_are_sent_again_once(bad: Found, mark: str, letters: Letters, sluice: Sluice):
    refused = sluice("dlq", "send", *chosen(bad), stdin=subprocess.DEVNULL)
    assert refused.returncode == Exit.USAGE
    assert "--yes" in refused.stderr
    first = addresses(bad)[0]
    one = sluice("dlq", "send", "--yes", "--json", "--letter", first)
    assert json.loads(one.stdout)["by_topic"] == {"gps-fixes": 1}, one.stderr
    others = sluice("dlq", "send", "--yes", "--json", *chosen(bad))
    assert (json.loads(others.stdout)["sent"], json.loads(others.stdout)["sent_before"]) == (2, 1)
    none = sluice("dlq", "send", "--yes", *chosen(bad))
    assert none.returncode == Exit.OK, none.stderr
    assert "no dead letter was waiting to be sent\n3 were sent before" in none.stdout
    found: Found = []

    def back() -> bool:  # the reason still exists: each becomes a dead letter again, once
        found[:] = ours(letters("--connector", "mysql-sink"), mark)
        return len(found) >= 6

    wait_for(back)
    assert len(found) == 6
    assert [letter["sent_again"] for letter in found].count(True) == 3
    originals = [letter for letter in found if letter["sent_again"]]
    again = [letter for letter in found if not letter["sent_again"]]
    assert sorted(map(signature, originals)) == sorted(map(signature, again))
    # The record's own headers are sent with it, Connect's error headers are not.
    whole = json.loads(sluice("dlq", "show", again[0]["letter"], "--json").stdout)
    assert [header["name"] for header in whole["headers"]] == ["who", "none"]
    messages = sluice("messages", "gps-fixes", "--key", bytes.fromhex(whole["key_hex"]).decode())
    (before, after) = map(json.loads, messages.stdout.splitlines())
    assert before["headers"] == after["headers"]
    assert before["value"] == after["value"]
    assert before["partition"] == after["partition"]


def signature(letter: dict[str, Any]) -> tuple[object, ...]:
    """Return the parts that stay the same when a record is sent again: key, size of the value, topic, partition."""
    return letter["key"]["hex"], letter["bytes"], letter["original"]["topic"], letter["original"]["partition"]


def test_a_connector_without_dead_letters_is_an_error(sluice: Sluice):
    done = sluice("dlq", "--connector", "mysql-source")
    assert done.returncode == Exit.USAGE
    assert "mysql-sink, redis-sink" in done.stderr
