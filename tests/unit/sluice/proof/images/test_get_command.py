import json
from argparse import ArgumentParser, Namespace
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console
from sluice.proof.images.get_command import add_get_arguments, fetch_image, get_image, run_get, suffix_of
from sluice.proof.images.redis_images import NotBytes
from tests.unit.sluice.proof.images.fake_store import FakeStore, key, png
from tests.unit.sluice.proof.test_command import NOWHERE

KEY = key(0, 0)
BINARY = bytes(range(256)) + b"\r\n\r\n\0"


class Output:
    """Output of one `sluice get`: console, errors, standard output."""

    def __init__(self) -> None:
        self.console, self.errors, self.stdout = StringIO(), StringIO(), BytesIO()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeStore:
    monkeypatch.chdir(tmp_path)
    content = {KEY: png(1), "a/b/binary": BINARY, "\udcff\udcfe": b"x", "folder/": b"y"}
    return FakeStore({**content, "list": NotBytes(why="no")})


def parsed(*arguments: str) -> Namespace:
    parser = ArgumentParser()
    add_get_arguments(parser)
    return parser.parse_args(arguments)


def run(store: FakeStore, *arguments: str) -> Output:
    got = Output()
    console, errors = Console(file=got.console, width=40), Console(file=got.errors, width=40)
    assert get_image(parsed(*arguments), store=store, console=console, errors=errors, stdout=got.stdout) is Exit.OK
    return got


def test_the_file_is_named_after_the_key_and_its_bytes(store: FakeStore, tmp_path: Path):
    got = run(store, KEY)
    path = tmp_path / f"{KEY.rpartition('/')[2]}.png"
    assert path.read_bytes() == png(1)
    digest = sha256(png(1)).hexdigest()
    assert got.console.getvalue() == f"{KEY} → {path.name}: {len(png(1))} bytes, SHA-256 {digest}\n"


def test_every_byte_goes_to_a_file_or_to_standard_output(store: FakeStore, tmp_path: Path):
    run(store, "a/b/binary", "-o", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == BINARY
    got = run(store, "a/b/binary", "-o", "-")
    assert got.stdout.getvalue() == BINARY
    assert got.console.getvalue() == ""
    assert sha256(BINARY).hexdigest() in got.errors.getvalue()


@pytest.mark.parametrize(("output", "stream"), [("-", "errors"), ("mine", "console")])
def test_json_is_one_object_with_size_and_hash(store: FakeStore, output: str, stream: str):
    found: dict[str, Any] = json.loads(getattr(run(store, KEY, "--json", "-o", output), stream).getvalue())
    assert found["bytes"] == len(png(1))
    assert found["sha256"] == sha256(png(1)).hexdigest()
    assert found["file"] == (None if output == "-" else "mine")


def test_an_existing_file_is_overwritten_only_with_force(store: FakeStore, tmp_path: Path):
    path = tmp_path / "mine"
    path.write_bytes(b"precious")
    with pytest.raises(SluiceError, match="is there already; --force") as caught:
        run(store, KEY, "-o", str(path))
    assert caught.value.status is Exit.USAGE
    assert path.read_bytes() == b"precious"
    run(store, KEY, "-o", str(path), "--force")
    assert path.read_bytes() == png(1)


def test_an_existing_file_named_after_the_key_is_not_overwritten_either(store: FakeStore):
    run(store, KEY)
    with pytest.raises(SluiceError, match="is there already"):
        run(store, KEY)


def test_an_unwritable_file_is_an_error_before_redis_is_queried(tmp_path: Path):
    for output in (tmp_path, tmp_path / "nowhere/mine"):
        with pytest.raises(SluiceError, match="choose another with -o") as caught:
            get_from_nowhere("-o", str(output))
        assert caught.value.status is Exit.USAGE
    with pytest.raises(SluiceError, match=r"Redis at 127\.0\.0\.1:1 cannot be asked") as caught:
        get_from_nowhere()
    assert caught.value.status is Exit.UNAVAILABLE


def get_from_nowhere(*arguments: str) -> Exit:
    console = Console(file=StringIO())
    args = parsed(KEY, *arguments)
    return run_get(args, env={}, console=console, errors=console, stdout=BytesIO(), endpoints=NOWHERE)


def test_a_key_that_is_not_utf8_is_found(store: FakeStore):
    assert run(store, "\udcff\udcfe", "-o", "-").stdout.getvalue() == b"x"


@pytest.mark.parametrize("name", ["folder/", "\udcff\udcfe"])
def test_a_key_that_does_not_end_in_a_file_name_needs_output(store: FakeStore, name: str):
    with pytest.raises(SluiceError, match="give one with -o") as caught:
        run(store, name)
    assert caught.value.status is Exit.USAGE


def test_a_missing_key_lists_the_nearest_keys(store: FakeStore):
    with pytest.raises(SluiceError, match=f"there is no key {KEY}9 in Redis; the nearest keys are\n  {KEY}") as caught:
        run(store, f"{KEY}9")
    assert caught.value.status is Exit.FAILED


def test_an_empty_redis_says_how_to_fill_it():
    with pytest.raises(SluiceError, match="sluice load images SOURCE"):
        fetch_image(KEY, store=FakeStore({}))


def test_a_value_that_is_no_string_of_bytes_is_an_error(store: FakeStore):
    with pytest.raises(SluiceError, match="list in Redis is no image: no"):
        run(store, "list")


def test_an_empty_value_is_an_empty_file(store: FakeStore, tmp_path: Path):
    store.content["empty"] = b""
    run(store, "empty", "-o", "empty")
    assert (tmp_path / "empty").read_bytes() == b""


@pytest.mark.parametrize(("kind", "suffix"), [("tiff", ".tiff"), ("jpeg", ".jpg"), ("png", ".png"), ("gif", ".gif")])
def test_the_suffix_fits_the_format(kind: str, suffix: str):
    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, kind)
    assert suffix_of(file.getvalue()) == suffix
    assert suffix_of(b"II*\0") == suffix_of(b"") == ".bin"
