"""`sluice get`: the bytes of an image in Redis, and keys near an unknown one."""

import json
import subprocess
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from tests.administrator import Administrator
from tests.run_sluice import SLUICE, Sluice

# Of a session that no other test uses.
KEY = "2008-05-06/Cam4/1210032000000000"
DATA = b"II*\0\r\n" + bytes(range(256)) * 5_000


@pytest.fixture(autouse=True)
def image(admin: Administrator) -> Generator[None]:
    """Write DATA under KEY into Redis; delete it at the end."""
    with admin.redis("connect", database=1) as connect:
        connect.set(KEY, DATA)
        yield
        connect.delete(KEY)


def test_every_byte_is_written_to_a_file(sluice: Sluice, tmp_path: Path):
    done = sluice("get", KEY, "-o", str(tmp_path / "image"), "--json")
    assert done.returncode == Exit.OK, done.stderr
    assert (tmp_path / "image").read_bytes() == DATA
    assert json.loads(done.stdout)["sha256"] == sha256(DATA).hexdigest()


def test_only_the_bytes_are_written_to_standard_output(target: str, environment: dict[str, str]):
    done = subprocess.run(
        [SLUICE, "--target", target, "get", KEY, "-o", "-"], env=environment, capture_output=True, check=True
    )
    assert done.stdout == DATA
    assert sha256(DATA).hexdigest() in done.stderr.decode()


def test_an_unknown_key_is_an_error_with_the_nearest_keys(sluice: Sluice, tmp_path: Path):
    done = sluice("get", KEY[:-1] + "7", cwd=tmp_path)
    assert done.returncode == Exit.FAILED
    assert f"there is no key {KEY[:-1]}7 in Redis; the nearest keys are\n  {KEY}\n" in done.stderr
    assert list(tmp_path.iterdir()) == []
