"""Proofs that the console starts: what it refuses, how it shows each end."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console import proof_jobs
from sluice.console.proof_jobs import ProofJobs, read_request
from tests.run_sluice import wait_for
from tests.unit.sluice.console.fake_pipeline import PYTHON, FakePipeline

BEGIN = "import json, os, sys, time; task = json.loads(sys.stdin.readline())\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "proofs"


def jobs(folder: Path, code: str) -> ProofJobs:
    """Return jobs whose program is not a proof."""
    return ProofJobs(FakePipeline(folder), program=(PYTHON, "-c", BEGIN + code))


def ended(running: ProofJobs) -> dict[str, Any]:
    wait_for(lambda: not (running.newest() or {})["running"], seconds=20)
    return running.newest() or {}


def result(headline: str) -> str:
    return json.dumps({"headline": headline, "reasons": ["because"], "report": "/x/report.html"})


@pytest.mark.parametrize(
    ("code", "status", "headline"),
    [
        (f"print('''{result('All is there.')}''')", Exit.OK, "All is there."),
        (f"print('''{result('3 are missing.')}'''); sys.exit(5)", Exit.DIFFERENT, "3 are missing."),
        ("print('sluice: MySQL does not answer', file=sys.stderr); sys.exit(6)", 6, "MySQL does not answer"),
        ("sys.exit(130)", Exit.INTERRUPTED, "The proof was cancelled: nothing is proven, and no report was written."),
        ("sys.exit(3)", 3, "The proof has ended with status 3 and has said nothing."),
        ("os.kill(os.getpid(), 9)", 1, "The proof has ended with status -9 and has said nothing."),
        ("print('{\"headline\": 1'); sys.exit(1)", 1, "The proof has ended with status 1 and has said nothing."),
    ],
)
def test_each_end_is_shown(code: str, status: int, headline: str, folder: Path):
    running = jobs(folder, code)
    running.start({"source": "a.csv"})
    shown = ended(running)
    assert (shown["status"], shown["headline"]) == (status, headline)


def test_progress_is_shown_while_it_runs(folder: Path):
    step = {"stage": "reading", "items": "rows", "count": 2000}
    running = jobs(folder, f"print('''{json.dumps(step)}''', file=sys.stderr, flush=True); sys.stdin.read()")
    started = running.start({"source": "a.csv"})
    wait_for(lambda: (running.newest() or {})["progress"] == step, seconds=20)
    running.cancel(started["id"])
    assert ended(running)["status"] == Exit.OK


def test_arguments_of_the_process_hold_no_source_and_the_environment_has_the_passwords(folder: Path):
    code = "print(json.dumps({'headline': str([sys.argv, task, dict(os.environ)]), 'reasons': [], 'report': ''}))"
    running = jobs(folder, code)
    running.start({"source": "https://me:hidden@host/gps.csv", "wait": 5, "expect": "none"})
    shown = ended(running)
    assert shown["source"] == "https://host/gps.csv"
    arguments, task, env = eval(shown["headline"])
    assert "hidden" not in str(arguments)
    assert task["arguments"][-2:] == ["--", "https://me:hidden@host/gps.csv"]
    assert task["arguments"][4:-2] == ["--wait", "5", "--absent"]
    assert env["SLUICE_REDIS_READER_PASSWORD"] == "secret"


def test_one_runs_at_a_time(folder: Path):
    running = jobs(folder, "sys.stdin.read()")
    started = running.start({"source": "first.csv"})
    with pytest.raises(SluiceError, match=r"a proof of first\.csv is running"):
        running.start({"source": "second.csv"})
    running.cancel(started["id"])
    ended(running)
    running.cancel(running.start({"source": "second.csv"})["id"])
    assert ended(running)["source"] == "second.csv"


def test_one_that_does_not_end_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proof_jobs, "PATIENCE", 0.2)
    running = jobs(folder, "print('{}', file=sys.stderr, flush=True)\nwhile True: time.sleep(1)")
    started = running.start({"source": "a.csv"})
    wait_for(lambda: (running.newest() or {})["progress"] == {}, seconds=20)
    begin = time.monotonic()
    running.cancel(started["id"])
    assert ended(running)["status"] == Exit.INTERRUPTED
    assert time.monotonic() - begin < 10


def test_what_does_not_run_cannot_be_cancelled(folder: Path):
    running = jobs(folder, "")
    with pytest.raises(SluiceError, match="does not run"):
        running.cancel("x")
    started = running.start({"source": "a.csv"})
    ended(running)
    with pytest.raises(SluiceError, match="does not run"):
        running.cancel(started["id"])


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"source": " "},
        {"source": 5},
        {"source": "-"},
        {"source": "/dev/stdin"},
        {"source": "/dev/fd/3"},
        {"source": "a\0b"},
        {"source": "\ud800"},
        {"source": "x" * 5000},
        {"source": "a.csv", "wait": -1},
        {"source": "a.csv", "wait": "60"},
        {"source": "a.csv", "wait": float("nan")},
        {"source": "a.csv", "wait": True},
        {"source": "a.csv", "expect": "--output"},
    ],
)
def test_what_is_no_proof_is_refused(request_body: dict[str, Any]):
    with pytest.raises(SluiceError) as caught:
        read_request(request_body)
    assert caught.value.status is Exit.USAGE
