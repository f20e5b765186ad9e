"""A Connect worker's pod is killed in the middle of a load, on a cluster: every row still arrives."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from producer.sample import write_sample
from sluice.cluster.target import is_cluster, kubectl_context
from sluice.cluster.toolbox_pod import NAMESPACE
from tests.run_sluice import Sluice

ROWS = 500_000


@pytest.fixture
def kubectl(target: str) -> list[str]:
    if not is_cluster(target):
        pytest.skip(f"kills a pod; the target is {target}, whose workers test_failover.py kills")
    return ["kubectl", "--context", kubectl_context(target), "--namespace", NAMESPACE]


def test_every_row_arrives_though_a_worker_is_killed(kubectl: list[str], sluice: Sluice, tmp_path: Path) -> None:
    source = tmp_path / "gps.csv"
    write_sample(source, rows=ROWS)
    with ThreadPoolExecutor() as pool:
        load = pool.submit(sluice, "load", "gps", str(source))
        pods = [*kubectl, "get", "pods", "--selector", "strimzi.io/kind=KafkaConnect", "--output", "name"]
        workers = subprocess.run(pods, capture_output=True, text=True, check=True).stdout.split()
        assert len(workers) > 1
        subprocess.run([*kubectl, "delete", workers[0], "--grace-period=0", "--force"], check=True)
        assert load.result().returncode == Exit.OK
    proof = sluice("proof", str(source), "--wait", "240", cwd=tmp_path)
    assert proof.returncode == Exit.OK, proof.stdout + proof.stderr
