"""The curl commands in the pages work as they are written, with the functions of docs/operating.md."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice.local.instance import Instance
from sluice.local.up import shell_assignments
from tests.run_sluice import wait_for

pytestmark = pytest.mark.local_only("Strimzi manages the connectors of a cluster")
DOCS = Path(__file__).resolve().parents[2] / "docs"

Shell = Callable[[str], "subprocess.CompletedProcess[str]"]


def block_with(text: str, page: str) -> str:
    """Return the page's `sh` block in which `text` stands."""
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
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
