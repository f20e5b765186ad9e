"""Tests of how `sluice console` begins and ends, as a program."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from producer.runtime.exit_status import Exit
from tests.run_sluice import SLUICE

pytestmark = pytest.mark.slow

END_SECONDS = 2.0
BUSY_SECONDS = 8.0
"""What a busy machine may add."""
PROGRAM = """
import argparse, sys, threading, time
from producer.runtime.run_program import run
from producer.runtime.terminal import Console
from sluice.console.command import run_console

{more}

class Pipeline:
    endpoints = None
    proofs_folder = None
    def status(self, *_, **__):
        if {hangs}:
            time.sleep(60)
        raise KeyError("status")
    def variables(self):
        return {{}}

args = argparse.Namespace(port=0, target="local", shown_target=None, until_stdin_ends=False)
run("sluice", lambda: run_console(args, console=Console(), pipeline=Pipeline()))
"""
SENDING = """
from sluice.console import command, dead_letters_view
from sluice.dead_letters.resend_job import JobState

command.END_SECONDS = 0.5
command.FINISH_SECONDS = 1.5 if {never} else 30

class Job:
    identity, state = "job", JobState.COUNTED

    def __init__(self, *_, **__):
        self.stopped = threading.Event()

    def count(self):
        pass

    def confirm(self):
        self.state = JobState.SENDING

    def send(self):
        print("sends", flush=True)
        self.stopped.wait()
        time.sleep(60 if {never} else 1.5)
        print("recorded", flush=True)

    def stop(self):
        self.stopped.set()

    def as_object(self):
        return {{"job": self.identity}}

dead_letters_view.ResendJob = Job
"""


@contextmanager
def _console(*, hangs: bool, more: str = "") -> Generator[tuple["subprocess.Popen[str]", str, int]]:
    """Start a console for a stand-in of a pipeline; yields process, token and port."""
    command = [sys.executable, "-c", PROGRAM.format(hangs=hangs, more=more)]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout
            url = urlsplit(process.stdout.readline())
            yield process, url.query.strip().removeprefix("token="), url.port or 0
        finally:
            process.kill()


def _open_page(port: int, token: str) -> tuple[HTTPConnection, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/api/pipeline", headers={"X-Sluice-Token": token})
    answer = connection.getresponse()
    assert answer.status == 200
    return connection, answer


def _post(port: int, token: str, path: str, body: str) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("POST", path, body, headers={"X-Sluice-Token": token})
        return connection.getresponse().status


@contextmanager
def _sending_console(*, never: bool) -> Generator["subprocess.Popen[str]"]:
    """Start a console that sends dead letters, with an open page; recorded soon after a stop, or `never`."""
    with (
        _console(hangs=True, more=SENDING.format(never=never)) as (process, token, port),
        closing(_open_page(port, token)[0]),
    ):
        assert _post(port, token, "/api/dead-letters/count", "{}") == 200
        assert _post(port, token, "/api/dead-letters/send", '{"job": "job"}') == 200
        assert process.stdout
        assert "sends\n" in (process.stdout.readline(), process.stdout.readline())
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_dead_letters_under_way_are_recorded_before_it_ends(number: signal.Signals) -> None:
    with _sending_console(never=False) as process:
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert output == "recorded\n"
    assert (process.returncode, errors.count("\n")) == (Exit.OK, 1)
    assert "waiting until the dead letters under way are sent" in errors


def test_dead_letters_that_kafka_does_not_acknowledge_are_waited_for_a_while_only() -> None:
    with _sending_console(never=True) as process:
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == Exit.INCOMPLETE
    assert "may be sent a second time" in errors


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_ctrl_c_waits_for_nothing(first: signal.Signals) -> None:
    with _sending_console(never=True) as process:
        process.send_signal(first)
        assert process.stderr
        assert "Ctrl-C ends at once" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    assert process.returncode == Exit.INTERRUPTED


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_within_two_seconds_with_open_pages_and_a_part_that_hangs(hangs: bool, number: signal.Signals) -> None:
    with _console(hangs=hangs) as (process, token, port):
        pages = [_open_page(port, token) for _ in range(50)]
        begun = time.monotonic()
        process.send_signal(number)
        errors = process.communicate(timeout=60)[1]
        seconds = time.monotonic() - begun
        for connection, _ in pages:
            connection.close()
    assert process.returncode == Exit.OK
    assert seconds < END_SECONDS + BUSY_SECONDS
    assert errors.count("\n") <= 1  # the fault of the stand-in, if it does not hang
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_before_its_server_has_begun(number: signal.Signals) -> None:
    with _console(hangs=False) as (process, _, _):
        process.send_signal(number)
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (Exit.OK, "")


def test_a_fault_of_a_view_is_an_event_for_each_page_and_one_line() -> None:
    with _console(hangs=False) as (process, token, port):
        for connection, answer in (_open_page(port, token) for _ in range(3)):
            with closing(connection):
                assert answer.readline() == b"event: problem\n"
                assert b"KeyError" in answer.readline()
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert errors.count("\n") == 1
    assert "sluice: unexpected error" in errors


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [SLUICE, "--target", "external", "console", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ))


def test_a_port_that_is_taken_is_said_and_what_to_do() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _run("--port", str(port))
    assert done.returncode == Exit.USAGE
    assert (
        done.stderr
        == f"sluice: port {port} cannot be used: another program listens there. Choose another with --port\n"
    )


@pytest.mark.parametrize("port", ["abc", "-1", "65536", "99999999999999999999", "1.5", "²", "٣", ""])
def test_what_is_no_port_is_refused(port: str) -> None:
    done = _run("--port", port)
    assert done.returncode == Exit.USAGE
    assert "is not a port number" in done.stderr or "expected one argument" in done.stderr
    assert "Traceback" not in done.stderr
