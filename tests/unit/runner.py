"""Runs programs, each in a process of its own, but imports them only once: for tests/unit/test_every_command.py.

Each line of standard input is a job; the answer is a line with its exit status. A job's process has the standard
streams, the environment and the working directory that it names, as a shell would have given them.
"""

import gc
import importlib
import json
import os
import runpy
import sys
import traceback
from typing import Any

_SLOW = (
    "sluice.cli",
    "sluice.dead_letters.command",
    "infra.cost.command",
    "infra.gcp.guard_commands.guard_command",
    "infra.leftovers.command",
    "sluice.local.up",
    "producer.sample_images",
    "sluice.proof.images.get_command",
)
"""What takes the time of a start."""
_MODES = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_APPEND, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _become(job: dict[str, Any]) -> None:
    os.chdir(job["folder"])
    if job.get("remove_folder"):
        os.rmdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["env"])
    for number, (path, mode) in enumerate(zip(job["streams"], _MODES, strict=True)):
        os.close(number)
        if path is not None:
            opened = os.open(path, mode)
            if opened != number:  # a lower one is closed
                os.dup2(opened, number)
                os.close(opened)
    encoding = job["env"].get("PYTHONIOENCODING", "utf-8")
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        closed = job["streams"][number] is None
        setattr(sys, name, None if closed else open(number, mode, encoding=encoding, closefd=False))  # noqa: SIM115


def _run(job: dict[str, Any]) -> None:
    _become(job)
    sys.argv = job["words"]
    status: int | str | None = 0
    try:
        runpy.run_module(job["module"], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = ended.code
    # As Python does when it ends, without the time that it takes to let go of every module.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception as error:
            os.write(2, f"Exception ignored: {error!r}\n".encode())
            status = 120
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def main() -> None:
    for name in _SLOW:
        importlib.import_module(name)
    gc.freeze()  # what is imported is not looked through, and so not copied, in every process
    jobs, answers = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    buffer = b""
    while more := jobs.read(1 << 16):
        buffer += more
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            pid = os.fork()
            if pid == 0:
                try:
                    _run(json.loads(line))
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            answers.write(b"%d\n" % status)


main()
