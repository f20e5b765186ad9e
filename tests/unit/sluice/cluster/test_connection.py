"""Tests of broken connections to a pod: which commands are run again, what is printed and the exit status."""

import os
import pty
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.cluster import exec_retry
from tests.unit.sluice.cluster.conftest import Pod, call, command_line

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
BREAKS_ONCE = (
    "import time\n"
    "from pathlib import Path\n"
    "there = Path(os.environ['THERE'])\n"
    "if not (there / 'begun').exists():\n"
    "    (there / 'begun').touch(); (there / 'break').write_text('{status}'); time.sleep(60)\n"
)
"""The connection breaks while the command runs for the first time."""
CHATTER = ("command terminated", "exit code", "error:", "E1126", "websocket", "next reader", "Defaulted")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.cluster.toolbox_pod._POLL_SECONDS", 0.01)


def sluice(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command_line(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize("status", [0, 1])
def test_command_whose_connection_breaks_is_run_again(
    pod: Pod, there: Path, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    pod(BREAKS_ONCE.format(status=status) + "print(sys.stdin.read()); sys.exit(5)")
    (there / "away").write_text("2")
    Path("gps.csv").write_text("1,2,3")
    assert call("proof", "gps.csv") == (Exit.DIFFERENT, "1,2,3\n")
    errors = capfd.readouterr().err
    assert "the connection to the cluster broke before the command had ended (error reading from error stream" in errors
    assert "running the command from its beginning" in errors
    assert not any(line.startswith(("error:", "E1126")) for line in errors.splitlines())


@pytest.mark.parametrize("arguments", [["load", "gps", "gps.csv"], ["get", "a/Cam0/1"], ["messages", "gps-fixes"]])
def test_every_command_is_run_again(pod: Pod, arguments: list[str]) -> None:
    pod(BREAKS_ONCE.format(status=1) + "print('all of it')")
    Path("gps.csv").write_text("1,2,3")
    assert call(*arguments) == (Exit.OK, "all of it\n")


def test_command_still_running_in_the_pod_is_ended_first(pod: Pod, there: Path) -> None:
    ends = "signal.signal(signal.SIGINT, lambda *_: ((there / 'ended').touch(), os._exit(130)))\n"
    pod("from pathlib import Path\nthere = Path(os.environ['THERE'])\n" + ends + BREAKS_ONCE.format(status="runs on"))
    assert call("messages", "gps-fixes") == (Exit.OK, "")
    assert (there / "ended").exists()


def test_command_that_has_printed_is_not_run_again(pod: Pod) -> None:
    pod("print('one', flush=True)\n" + BREAKS_ONCE.format(status=1))
    with pytest.raises(SluiceError, match=r"What it has printed is not all\. Run it again") as caught:
        call("messages", "gps-fixes")
    assert caught.value.status is Exit.UNAVAILABLE


def test_command_that_read_standard_input_is_not_run_again(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    pod(BREAKS_ONCE.format(status=1))
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115 as long as the test
    with pytest.raises(SluiceError, match=r"can be read only once.*to load it again changes nothing") as caught:
        call("load", "gps", "-")
    assert caught.value.status is Exit.UNAVAILABLE


def test_command_that_read_a_pipe_is_not_run_again(pod: Pod) -> None:
    pod(BREAKS_ONCE.format(status=1))
    os.mkfifo("log.csv")
    write = subprocess.Popen(["sh", "-c", "echo 1,2,3 >log.csv"])
    with write, pytest.raises(SluiceError, match="can be read only once"):
        call("load", "gps", "log.csv")


def test_pod_that_stays_unreachable_is_unavailable(pod: Pod, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod(BREAKS_ONCE.format(status=1))
    (there / "away").write_text("100000")
    monkeypatch.setattr(exec_retry, "WAIT_SECONDS", 0.1)
    with pytest.raises(SluiceError, match=r"no pod .* could be reached: dial tcp .*no route to host") as caught:
        call("messages", "gps-fixes")
    assert caught.value.status is Exit.UNAVAILABLE


def test_a_connection_that_breaks_every_time_is_unavailable(pod: Pod) -> None:
    pod(BREAKS_ONCE.format(status=1).replace("if not (there / 'begun').exists():", "if True:"))
    with pytest.raises(SluiceError, match="begun 3 times") as caught:
        call("messages", "gps-fixes")
    assert caught.value.status is Exit.UNAVAILABLE


@pytest.mark.parametrize("status", [entry for entry in Exit if entry])
def test_failing_command_prints_only_its_own_errors(pod: Pod, status: Exit) -> None:
    pod(f"print('sluice: there is no key', file=sys.stderr); sys.exit({status.value})")
    with sluice("get", "a/Cam0/1") as process:
        out, errors = process.communicate()
    assert (process.returncode, out, errors) == (status, b"", b"sluice: there is no key\n")


def test_closed_output_prints_no_error(pod: Pod) -> None:
    pod(
        "def stop(*_): print('sluice: interrupted', file=sys.stderr); sys.exit(130)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "while True: print('{}', flush=True)"
    )
    with sluice("messages", "gps-fixes", "--json") as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"{}\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == Exit.OK


def test_output_closed_before_the_first_answer_prints_no_error(pod: Pod) -> None:
    pod("print('Kafka', flush=True); sys.exit(6)")
    with sluice("status") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == Exit.OK


def test_command_killed_in_the_pod_is_an_error_without_traceback(pod: Pod) -> None:
    pod("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(SluiceError, match=r"killed in the pod \(signal 9\)") as caught:
        call("messages", "gps-fixes")
    assert caught.value.status is Exit.FAILED


def test_errors_are_shown_at_once_on_standard_error(pod: Pod) -> None:
    pod("print('50 %', file=sys.stderr, flush=True); print('out', flush=True); sys.stdin.read()")
    with sluice("messages", "gps-fixes") as process:
        assert process.communicate() == (b"out\n", b"50 %\n")


def on_terminal(*arguments: str) -> tuple[int, str]:
    """Run a command on a pseudo-terminal; return its exit status and output."""
    pid, terminal = pty.fork()
    if not pid:
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, command_line(*arguments))
    output = StringIO()
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # Linux reports the end of a pseudo-terminal as an error
            break
        if not data:
            break
        output.write(data.decode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.getvalue()


def test_terminal_shows_no_output_of_kubectl(pod: Pod) -> None:
    pod("print('Kafka is silent'); sys.exit(6)")
    status, output = on_terminal("status")
    assert status == Exit.UNAVAILABLE
    assert "Kafka is silent" in output
    assert not any(word in output for word in CHATTER)


def test_command_on_a_terminal_is_run_again(pod: Pod) -> None:
    pod(BREAKS_ONCE.format(status=1) + "print('all is well')")
    status, output = on_terminal("messages", "gps-fixes")
    assert status == Exit.OK
    assert "the connection to the cluster broke" in output
    assert output.rstrip().endswith("all is well")
