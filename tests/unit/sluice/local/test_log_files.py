from pathlib import Path

import pytest

from sluice.local import log_files
from sluice.local.instance import Instance
from sluice.local.log_files import cut_long_logs, empty_temporary_files


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance.make(tmp_path / "state", port_base=None, workers=1)


def test_a_long_log_is_moved_and_its_server_goes_on_writing(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "LIMIT_BYTES", 10)
    log = instance.log("kafka")
    with log.open("ab", buffering=0) as server:
        for text in (b"first line\n", b"second line\n"):
            server.write(text)
            cut_long_logs(instance)
        server.write(b"third\n")
        cut_long_logs(instance)
    assert log.read_bytes() == b"third\n"
    former = log.with_name("kafka.log.1")
    assert former.read_bytes() == b"cond line\n"
    assert former.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in log.parent.iterdir()) == ["kafka.log", "kafka.log.1"]


def test_of_a_log_that_has_grown_for_long_only_the_end_is_kept(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "LIMIT_BYTES", 10)
    log = instance.log("kafka")
    log.write_bytes(bytes(100) + b"the end 10")
    cut_long_logs(instance)
    assert log.read_bytes() == b""
    assert log.with_name("kafka.log.1").read_bytes() == b"the end 10"


def test_what_killed_servers_left_is_removed_and_the_folder_stays(instance: Instance, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    folder = instance.temporary_folder
    (folder / "vertx-cache/1").mkdir(parents=True)
    (folder / "vertx-cache/1/file").touch()
    (folder / "library.so").touch()
    (folder / "link").symlink_to(other)
    empty_temporary_files(instance)
    assert list(folder.iterdir()) == []
    assert (other / "kept").exists()
