"""A stand-in for kubectl that runs commands on this machine instead of in a pod, with the real one's messages."""

import os
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from sluice.cli import parser
from sluice.cluster.run_in_cluster import run_in_cluster
from sluice.cluster.toolbox_pod import Toolbox
from tests.run_sluice import write_program

KUBECTL = """import json, os, signal, subprocess, sys, threading, time
words = [word for word in sys.argv[1:]]
there = os.environ["THERE"]
assert words[:4] == ["--context", "kind-sluice", "--namespace", "here"], words
verb, what = words[4], words[5]

def answer(name, otherwise=""):
    path = os.path.join(there, name)
    if os.path.exists(path + ".error"):
        sys.exit(open(path + ".error").read())
    print(open(path).read() if os.path.exists(path) else otherwise, end="")
    sys.exit()

toolbox = dict(metadata=dict(name="toolbox-1"), status=dict(conditions=[dict(type="Ready", status="True")]))
gone = os.path.exists(os.path.join(there, "gone")) and 'Error from server (NotFound): pods "toolbox-1" not found'
if verb == "get" and "app.kubernetes.io/name=toolbox" in words:
    answer("toolbox", json.dumps(dict(items=[dict(metadata=dict(name="toolbox-0"), status=dict()), toolbox])))
if verb == "get" and what == "pod/toolbox-1":
    print(json.dumps(toolbox))
    sys.exit(gone or 0)
if verb == "port-forward":
    assert words[5:8] == ["--address", "127.0.0.1", "pod/toolbox-1"], words
    with open(os.path.join(there, "forwards"), "a") as file:
        print(os.getpid(), words[8], file=file)
    plan = os.path.join(there, "forward")
    how, _, rest = (open(plan).read() if os.path.exists(plan) else "").partition("\\n")
    open(plan, "w").write(rest or how.startswith("always ") and how or "")
    how = gone or how.removeprefix("always ")
    if how not in ("", "breaks"):
        sys.exit(how)
    print("Forwarding from 127.0.0.1:" + words[8].replace(":", " -> "), flush=True)
    signal.pause() if not how else sys.exit("error: lost connection to pod")
if verb == "get" and what == "pods" and "--selector" in words:
    print(os.environ["ENDED"], end="")
    sys.exit()
if verb == "get" and what.startswith("pods,"):
    answer("pods", json.dumps(dict(kind="List", items=[])))
if verb == "get" and what == "strimzi":
    answer("strimzi", json.dumps(dict(kind="List", items=[])))
if verb == "get" and what == "networkpolicies":
    assert words[6:8] == ["--selector", "app.kubernetes.io/managed-by=strimzi-cluster-operator"], words
    answer("networkpolicies", json.dumps(dict(kind="List", items=[])))
if verb == "logs" and what == "deployment/strimzi-cluster-operator":
    answer("log")
if verb == "get":
    print(os.environ.get("READY", "1"), end="")
    sys.exit(os.environ.get("NO_PIPELINE") and "Error from server (NotFound): deployments.apps toolbox not found" or 0)
if verb == "logs":
    sys.stdout.write(os.environ.get("LOG", ""))
    sys.exit("no job proof" if "LOG" not in os.environ else 0)
assert verb == "exec", words
if gone:
    sys.exit(gone)
with open(os.path.join(there, "execs"), "a") as file:
    print(*words[5:], file=file)
command = words[words.index("--") + 1 :]
if command[0] == os.environ.get("LOST"):
    sys.exit("error: connection lost")
if command == ["true"]:
    left = os.path.join(there, "away")
    times = int(open(left).read()) if os.path.exists(left) else 0
    open(left, "w").write(str(max(0, times - 1)))
    sys.exit("error: dial tcp 10.89.0.2:10250: connect: no route to host" if times else 0)
stdin = None if "--stdin" in words else subprocess.DEVNULL
process = subprocess.Popen(command, stdin=stdin, stdout=-1, stderr=-1, start_new_session=True)

def copy(source, to):
    # Unbuffered, and to the end of the output. Where nobody reads it, kubectl ends by SIGPIPE, as Go programs do: a
    # command in the pod would wait for ever to get rid of its output.
    try:
        while data := os.read(source.fileno(), 65536):
            os.write(to, data)
    except BrokenPipeError:
        os._exit(128 + signal.SIGPIPE)

copying = [threading.Thread(target=copy, args=pair, daemon=True) for pair in ((process.stdout, 1), (process.stderr, 2))]
for thread in copying:
    thread.start()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
broken = os.path.join(there, "break")
while process.poll() is None:
    how = open(broken).read() if os.path.exists(broken) and "sluice" in command else ""
    if how:
        os.unlink(broken)
        if how != "runs on":
            os.killpg(process.pid, signal.SIGKILL)
        print("E1126 10:00:00.123456   12345 v2.go:150] next reader: websocket: close 1006", file=sys.stderr)
        print("error: error reading from error stream: next reader: connection reset by peer", file=sys.stderr)
        sys.stderr.flush()
        os._exit(1 if how == "runs on" else int(how))
    time.sleep(0.01)
for thread in copying:
    thread.join()
status = process.returncode if process.returncode >= 0 else 128 - process.returncode
if status:
    print("command terminated with exit code", status, file=sys.stderr)
sys.exit(status)
"""
SLUICE = """import os, signal, sys
words = sys.argv[1:]
{body}
"""

Pod = Callable[[str], None]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the settings of kubectl.

    The files `pods`, `strimzi` and `log` are its answers, NAME.error an error message instead. `break` breaks the
    connection of the running command; it holds the exit status, or "runs on" for a command that continues in the pod.
    `away` is the number of calls for which no pod can be reached. Where `gone` is, the pod toolbox-1 has been replaced.
    A line of `forward` is for one port-forward: empty, "breaks" once it is open, or an error ("always …" for all).
    kubectl writes its calls into `execs` and `forwards`.
    """
    folder = tmp_path / "there"
    folder.mkdir()
    monkeypatch.setenv("THERE", str(folder))
    return folder


@pytest.fixture
def pod(tmp_path: Path, there: Path, monkeypatch: pytest.MonkeyPatch) -> Pod:
    """Return a function that installs kubectl, and in the pod a `sluice` with the given body."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def install(body: str) -> None:
        for name, text in (("kubectl", KUBECTL), ("sluice", SLUICE)):
            write_program(bin_ / name, text.format(body=body))

    return install


def command_line(*arguments: str) -> list[str]:
    """A `sluice` command for a process of its own, with the cluster that kubectl here expects."""
    options = ["--target", "kind", "--namespace", "here"]
    return [sys.executable, "-c", "from sluice.cli import run; run()", *options, *arguments]


def call(*arguments: str) -> tuple[Exit, str]:
    out = BytesIO()
    args = parser().parse_args(arguments)
    toolbox = Toolbox(context="kind-sluice", namespace="here")
    status = run_in_cluster(toolbox, arguments, args, env={}, stdout=out)
    assert not Path(toolbox.folder).exists()
    assert not Path(f"{toolbox.folder}.pid").exists()
    return status, out.getvalue().decode()
