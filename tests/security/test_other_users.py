"""Another user of this machine: what the ports of an instance give him, and what files he can read."""

import os
import pwd
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymysql
import pytest

from sluice.local.certificates import make_certificates
from sluice.local.instance import Instance
from sluice.local.processes import running_processes
from tests.security.stranger import Port, listening_ports, served, tls_context

pytestmark = pytest.mark.local_only("on a cluster nothing listens outside of the cluster")


@pytest.fixture(scope="module")
def ports(instance: Instance) -> list[Port]:
    return listening_ports(instance)


@pytest.fixture(scope="module")
def other_identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client's certificate of another instance's authority."""
    other = Instance.make(tmp_path_factory.mktemp("other"), port_base=None, workers=1)
    make_certificates(other)
    return other.state / "tls/client.pem"


def test_every_server_of_the_instance_is_among_the_ports_and_on_loopback(instance: Instance, ports: list[Port]) -> None:
    assert {port.number for port in ports} == set(instance.ports.values())
    assert {port.address for port in ports} <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
    assert {port.process for port in ports} == set(instance.process_names) - {"auto-restart"}


@pytest.mark.parametrize("way", ["plain", "TLS", "TLS, with a certificate of another authority"])
def test_no_port_serves_a_stranger(way: str, ports: list[Port], other_identity: Path) -> None:
    context = {"plain": None, "TLS": tls_context()}.get(way, tls_context(other_identity))
    with ThreadPoolExecutor(len(ports)) as pool:
        found = pool.map(lambda port: served(port.number, context), ports)
    assert {port: answers for port, answers in zip(ports, found, strict=True) if answers} == {}


def test_what_the_owner_s_certificate_opens_is_told_from_a_refusal(instance: Instance) -> None:
    assert served(instance.port("connect"), tls_context(instance.state / "tls/client.pem"))


@pytest.mark.parametrize("user", ["root", "connect", "source", "reader", ""])
def test_the_database_lets_nobody_in_without_a_password(user: str, instance: Instance) -> None:
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        pymysql.connect(host="127.0.0.1", port=instance.port("mysql"), user=user, password="")


def as_nobody(action: Callable[[], str]) -> str:
    """Run an action in a child process as the user nobody; return its result, or the name of its exception."""
    nobody = pwd.getpwnam("nobody")
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            result = action()
        except BaseException as error:  # the child must end here, whatever happens
            result = type(error).__name__
        os.write(writer, result.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        result = file.read()
    os.waitpid(child, 0)
    return result


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_can_read_no_file_of_the_instance(instance: Instance) -> None:
    # From the folder itself: those above it may be closed as well, and would hide that it is open.
    folder = os.open(instance.state, os.O_RDONLY | os.O_DIRECTORY)
    files = [path.relative_to(instance.state) for path in instance.state.rglob("*") if not path.is_dir()]
    assert {Path("passwords.json"), Path("endpoints.env"), Path("tls/client.pem")} <= set(files)

    def read_all() -> str:
        return ", ".join(str(file) for file in (Path(), *files) if not is_refused(file))

    def is_refused(file: Path) -> bool:
        try:
            os.open(file, os.O_RDONLY, dir_fd=folder)
        except PermissionError:
            return True
        return False

    try:
        assert as_nobody(read_all) == ""
    finally:
        os.close(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_can_read_no_environment_of_a_process(instance: Instance) -> None:
    for entry in running_processes(instance):
        environment = Path(f"/proc/{entry.pid}/environ")
        assert as_nobody(lambda environment=environment: environment.read_text()) == "PermissionError", entry.name
