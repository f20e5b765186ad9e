"""The commands and the program in the pages work as they are written, with the functions of docs/operating.md."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from producer.sample import write_sample
from sluice.local.instance import Instance
from sluice.local.up import shell_assignments
from tests.run_sluice import Sluice, wait_for

pytestmark = pytest.mark.local_only("Strimzi manages the connectors of a cluster")
DOCS = Path(__file__).resolve().parents[2] / "docs"

Shell = Callable[[str], "subprocess.CompletedProcess[str]"]


def block_with(text: str, page: str, *, language: str = "sh") -> str:
    """Return the page's block of `language` in which `text` stands."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if text in block]
    return found


@pytest.fixture(scope="module")
def shell(instance: Instance) -> Shell:
    """Run a command in a shell that has the variables of endpoints.env and the functions."""
    variables = f"set -a\n{shell_assignments(instance.endpoint_variables())}set +a\n"
    functions = block_with("connect() {", "operating.md")

    def run(command: str) -> "subprocess.CompletedProcess[str]":
        text = f"{variables}{functions}{command}"
        return subprocess.run(["sh", "-c", text], capture_output=True, text=True, timeout=60, check=False)

    return run


def test_connect_and_the_registry_can_be_asked(shell: Shell) -> None:
    answer = shell("connect /connectors")
    assert answer.returncode == 0, answer.stderr
    assert {"mysql-sink", "redis-sink"} <= set(json.loads(answer.stdout))
    assert "mysql-source-heartbeat.cdc-key" in json.loads(shell("registry /subjects").stdout)


def test_a_program_of_ones_own_reads_the_topic_and_the_table(shell: Shell, sluice: Sluice, tmp_path: Path) -> None:
    source = tmp_path / "gps.csv"
    write_sample(source, rows=20)
    assert sluice("load", "gps", str(source)).returncode == 0
    assert sluice("proof", str(source), "-o", str(tmp_path / "proof.html")).returncode == 0
    program = block_with("confluent_kafka", "operating.md", language="python")
    done = shell(f"{shlex.quote(sys.executable)} - <<'END'\n{program}\nEND\n")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4, done.stdout


def test_commands_by_which_a_sink_writes_everything_again(shell: Shell) -> None:
    for line in block_with("/offsets", "connect.md").splitlines():
        # The second one waits until the sink has stopped; and while the workers rebalance, they refuse all.
        wait_for(lambda line=line: shell(line).returncode == 0, seconds=120)


def test_command_that_restarts_a_failed_task(shell: Shell) -> None:
    done = shell(block_with("onlyFailed=true", "redis-sink.md"))
    assert done.returncode == 0, done.stderr


def test_without_the_certificate_the_same_command_fails(shell: Shell) -> None:
    done = shell("SLUICE_CONNECT_CERTIFICATE_FILE=$SLUICE_CA_FILE\nconnect /connectors")
    assert done.returncode != 0
