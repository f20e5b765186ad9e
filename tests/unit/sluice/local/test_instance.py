"""An instance's state folder: settings, passwords, file modes, and arguments that are refused."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from threading import Event

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.certificates import make_certificates
from sluice.local.instance import DEFAULT_PORT_BASE, Instance, default_state
from sluice.local.processes import Server, StartedServer, run_once


def make(state: Path, *, port_base: int | None = None, workers: int = 2) -> Instance:
    return Instance.make(state, port_base=port_base, workers=workers)


def test_keeps_its_ports_when_it_is_opened_again(tmp_path: Path) -> None:
    make(tmp_path, port_base=20000)
    assert make(tmp_path).port_base == 20000
    assert Instance.open(tmp_path).port_base == 20000


def test_keeps_the_memory_of_redis(tmp_path: Path) -> None:
    Instance.make(tmp_path, port_base=None, workers=1, redis_megabytes=2048)
    assert make(tmp_path).redis_megabytes == 2048
    with pytest.raises(SluiceError, match="--redis-memory is 0"):
        Instance.make(tmp_path, port_base=None, workers=1, redis_megabytes=0)


def test_instance_of_an_earlier_version_opens(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text('{"port_base": 20000, "workers": 1}')
    assert Instance.open(tmp_path).redis_megabytes == 512


def test_ports_are_all_different(tmp_path: Path) -> None:
    instance = make(tmp_path, workers=8)
    assert instance.port_base == DEFAULT_PORT_BASE
    assert len(set(instance.ports.values())) == len(instance.ports) == 14


def test_passwords_stay_and_differ(tmp_path: Path) -> None:
    passwords = make(tmp_path).passwords
    assert Instance.open(tmp_path).passwords == passwords
    assert len(set(passwords.values())) == len(passwords)


@pytest.fixture
def no_umask() -> Generator[None]:
    """With this umask a file is open to everyone unless the program says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("no_umask")
def test_only_the_owner_can_read_what_it_holds(tmp_path: Path) -> None:
    instance = make(tmp_path / "new" / "state")
    make_certificates(instance)
    assert instance.passwords
    (instance.state / ".passwords.json.new").write_text("left by a killed run, open to everyone")
    instance.add_passwords(["mysql-new"])
    server = Server(name="umask", command=["touch", "server.log"], folder=instance.state, ready=lambda: False)
    with pytest.raises(SluiceError, match="umask ended"), instance.lock():
        StartedServer(server, instance=instance).wait(seconds=10, cancelled=Event())
    assert run_once(["touch", "once.log"], name="once", instance=instance).returncode == 0
    paths = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert {path.name for path in paths} >= {
        "passwords.json", "ca.pem", "broker.pem", "admin.pem", "server.log", "once.log", ".lock", "umask.log"
    }  # fmt: skip
    assert [path.name for path in paths if path.stat().st_mode & 0o077] == []


def test_a_folder_that_was_there_is_closed_to_others_unless_it_holds_other_things(tmp_path: Path) -> None:
    for name in ("empty", "former", "home"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
    make(tmp_path / "former")
    (tmp_path / "former").chmod(0o755)
    (tmp_path / "home/letter").touch()
    modes = {name: make(tmp_path / name).state.stat().st_mode & 0o777 for name in ("empty", "former", "home")}
    assert modes == {"empty": 0o700, "former": 0o700, "home": 0o755}


def test_a_missing_instance_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match=r"Start one: sluice --state '.*/no where' up") as caught:
        Instance.open(tmp_path / "no where")
    assert caught.value.status is Exit.UNAVAILABLE


@pytest.mark.parametrize(("port_base", "workers"), [(80, 1), (65530, 1), (None, 0), (None, 9)])
def test_impossible_numbers_are_refused(tmp_path: Path, port_base: int | None, workers: int) -> None:
    with pytest.raises(SluiceError) as caught:
        make(tmp_path, port_base=port_base, workers=workers)
    assert caught.value.status is Exit.USAGE


def test_second_command_on_the_same_instance_is_kept_out(tmp_path: Path) -> None:
    instance = make(tmp_path)
    with instance.lock(), pytest.raises(SluiceError, match="another `sluice up` or `down`"), instance.lock():
        pass


def test_state_folder_follows_the_environment() -> None:
    assert default_state({"SLUICE_STATE": "/a/b"}) == Path("/a/b")
    assert default_state({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/sluice/default")
    assert default_state({"HOME": "/h"}) == Path("/h/.local/state/sluice/default")


@pytest.mark.parametrize("damage", [{"port_base": 1}, {"workers": 0}, {"workers": 99}, {"redis_megabytes": 0}])
def test_settings_out_of_range_are_refused_with_the_repair(damage: dict[str, int], tmp_path: Path) -> None:
    make(tmp_path)
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | damage))
    with pytest.raises(SluiceError, match=r"instance\.json is damaged: a number is out of range\."):
        Instance.open(tmp_path)
