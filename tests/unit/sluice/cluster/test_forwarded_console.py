"""Tests of `sluice console` on a cluster: the page's port, what breaks, and that nothing is left running."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Generator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.cluster import port_forward
from tests.run_sluice import NOWHERE, wait_for
from tests.unit.sluice.cluster.conftest import Pod, call, command_line

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
CONSOLE = """import socket
there = os.environ['THERE']
port = int(words[words.index('--port') + 1]) if '--port' in words else 0
listening = socket.create_server(('127.0.0.1', port))
with open(os.path.join(there, 'consoles'), 'a') as file:
    print(os.getpid(), *words, file=file)
def stop(*_):
    with open(os.path.join(there, 'interrupted'), 'w'):
        sys.exit(0)
signal.signal(signal.SIGINT, stop)
print(f'http://127.0.0.1:{listening.getsockname()[1]}/?token=secret', flush=True)
print('Ctrl-C ends it.', flush=True)
sys.stdin.read()
"""
"""A console in the pod, without a page."""
FORBIDDEN = (
    'error: error upgrading connection: pods "toolbox-1" is forbidden: User "jane" cannot create resource '
    '"pods/portforward" in API group "" in the namespace "here"\n'
)
TAKEN = "error: unable to listen on any of the requested ports: [{1 1}]\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setattr(port_forward, "_PAUSE_SECONDS", 0.01)
    handler = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, handler)


def started(*arguments: str, **env: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command_line("console", *arguments),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        # Under nohup the tests ignore SIGHUP, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509 no thread forks meanwhile
    )


def read_port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("http://127.0.0.1:"), line + process.communicate(timeout=60)[1]
    return int(line.partition("/?")[0].rpartition(":")[2])


def pids(there: Path) -> list[int]:
    """Return the processes of all consoles in the pod and of all kubectl port-forward."""
    lines = [line for name in ("consoles", "forwards") for line in (there / name).read_text().splitlines()]
    return [int(line.split()[0]) for line in lines]


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def nothing_runs(there: Path) -> bool:
    return not any(map(runs, pids(there)))


def forwarded(there: Path) -> list[str]:
    return [line.split()[1] for line in (there / "forwards").read_text().splitlines()]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_page_is_forwarded_until_it_is_ended(pod: Pod, there: Path, ending: signal.Signals) -> None:
    pod(CONSOLE)
    with started() as process:
        port = read_port(process)
        assert forwarded(there) == [f"{port}:{port}"]
        assert process.stdout
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        process.send_signal(ending)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == Exit.OK
    assert (there / "interrupted").exists()
    assert nothing_runs(there)
    execs = (there / "execs").read_text()
    assert "deployment/toolbox" not in execs, "every call is to the same pod"
    assert "secret" not in execs + (there / "forwards").read_text()
    (console,) = (there / "consoles").read_text().splitlines()
    (folder,) = set(re.findall(r"/tmp/sluice-[0-9a-f]{32}", execs))
    assert not Path(folder).exists()
    shown = "--shown-target kind, namespace here --until-stdin-ends"
    assert console.partition(" ")[2] == f"--target external console {shown}"


def test_the_page_is_that_of_the_named_target(pod: Pod) -> None:
    pod(f"sys.path.insert(0, {str(ROOT)!r})\nfrom sluice.cli import main\nsys.exit(main(words, env=os.environ))")
    with started(**NOWHERE) as process:
        assert process.stdout
        with urlopen(process.stdout.readline().strip()) as page:
            assert "kind, namespace here" in page.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == Exit.OK


def test_a_port_that_is_named_is_the_port(pod: Pod, there: Path) -> None:
    pod(CONSOLE)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SluiceError, match=rf"port {port} cannot be used: another program listens there") as caught:
            call("console", "--port", str(port))
        assert caught.value.status is Exit.USAGE
        assert not (there / "execs").exists()
    with started("--port", str(port)) as process:
        assert read_port(process) == port
        assert forwarded(there) == [f"{port}:{port}"]
        process.terminate()
        process.communicate(timeout=60)


def test_a_port_that_is_taken_in_the_pod_is_an_error(pod: Pod, capfd: pytest.CaptureFixture[str]) -> None:
    pod("print('sluice: port 9999 cannot be used', file=sys.stderr); sys.exit(2)")
    assert call("console", "--port", "9999") == (Exit.USAGE, "")
    assert capfd.readouterr().err == "sluice: port 9999 cannot be used\n"


def test_another_port_is_tried_when_one_is_taken_here(pod: Pod, there: Path) -> None:
    pod(CONSOLE)
    (there / "forward").write_text(TAKEN)
    with started() as process:
        port = read_port(process)
        first, second = forwarded(there)
        assert second == f"{port}:{port}"
        assert first != second
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1] == ""
    assert nothing_runs(there)


def test_a_missing_right_is_named(pod: Pod, there: Path) -> None:
    pod(CONSOLE)
    (there / "forward").write_text(FORBIDDEN)
    with pytest.raises(
        SluiceError, match=r"may not forward a port.*verbs create and get for pods/portforward"
    ) as caught:
        call("console")
    assert caught.value.status is Exit.UNAVAILABLE
    assert nothing_runs(there)


def test_a_port_that_cannot_be_forwarded_is_an_error(pod: Pod, there: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pod(CONSOLE)
    (there / "forward").write_text("error: unable to forward port because pod is not running\n")
    with pytest.raises(SluiceError, match="could not be forwarded to pod/toolbox-1: unable to forward port") as caught:
        call("console")
    assert caught.value.status is Exit.UNAVAILABLE
    assert "token" not in "".join(capfd.readouterr())
    assert nothing_runs(there)


def test_a_port_whose_connection_breaks_is_forwarded_again(pod: Pod, there: Path) -> None:
    pod(CONSOLE)
    (there / "forward").write_text("breaks\nerror: dial tcp: connect: no route to host\n")
    with started() as process:
        port = read_port(process)
        wait_for(lambda: forwarded(there) == [f"{port}:{port}"] * 3)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert "token" not in out, "it is printed once"
    assert errors == "sluice: the connection to the page broke (lost connection to pod); connecting again …\n"
    assert process.returncode == Exit.OK
    assert nothing_runs(there)


def test_a_port_that_stays_broken_is_an_error(pod: Pod, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod(CONSOLE)
    monkeypatch.setattr(port_forward, "RETRY_SECONDS", 0.1)
    (there / "forward").write_text("breaks\nalways error: no route to host")
    with pytest.raises(SluiceError, match="could not be forwarded to pod/toolbox-1: no route to host") as caught:
        call("console")
    assert caught.value.status is Exit.UNAVAILABLE
    assert nothing_runs(there)


def test_a_forward_that_does_not_answer_is_ended(pod: Pod, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod(CONSOLE)
    monkeypatch.setattr(port_forward, "_START_SECONDS", 0.5)
    monkeypatch.setattr(port_forward, "_OPEN", b"never")
    with pytest.raises(SluiceError, match=r"could not be forwarded .*it does not answer within"):
        call("console")
    assert nothing_runs(there)


BREAKS = "from pathlib import Path\n(Path(there) / 'break').write_text({how!r})\n"


def test_a_broken_connection_ends_the_console_in_the_pod(pod: Pod, there: Path) -> None:
    pod(CONSOLE.replace("sys.stdin.read()", BREAKS.format(how="runs on") + "signal.pause()"))
    with pytest.raises(SluiceError, match=r"the connection to the cluster broke.*Run the command again") as caught:
        call("console")
    assert caught.value.status is Exit.UNAVAILABLE
    assert (there / "interrupted").exists()
    assert nothing_runs(there)


@pytest.mark.parametrize("forward", ["breaks", ""])
def test_a_pod_that_is_replaced_is_named(pod: Pod, there: Path, forward: str) -> None:
    gone = "open(os.path.join(there, 'gone'), 'w')\n"
    wait = "while not os.path.exists(os.path.join(there, 'forwards')): pass\n" if forward else ""
    (there / "forward").write_text(f"{forward}\n")
    pod(CONSOLE.replace("sys.stdin.read()", wait + gone + BREAKS.format(how="1") + "signal.pause()"))
    with pytest.raises(SluiceError, match=r"pod/toolbox-1, in which the command ran, is gone") as caught:
        call("console")
    assert caught.value.status is Exit.UNAVAILABLE
    assert nothing_runs(there)


def test_without_a_ready_pod_nothing_is_run(pod: Pod, there: Path) -> None:
    pod(CONSOLE)
    (there / "toolbox").write_text('{"items": []}')
    with pytest.raises(SluiceError, match="no pod of deployment/toolbox is ready") as caught:
        call("console")
    assert caught.value.status is Exit.UNAVAILABLE
    (there / "toolbox.error").write_text("error: connection refused")
    with pytest.raises(SluiceError, match="no pod of deployment/toolbox is ready: connection refused"):
        call("console")
    assert not (there / "execs").exists()


def test_a_console_ends_in_the_pod_when_this_program_is_killed(pod: Pod, there: Path) -> None:
    pod(CONSOLE)
    with started() as process:
        read_port(process)
        process.kill()
    console = int((there / "consoles").read_text().split()[0])
    wait_for(lambda: not runs(console))
    for line in (there / "forwards").read_text().splitlines():
        os.kill(int(line.split()[0]), signal.SIGTERM)
