"""`sluice status` of a running pipeline, and of one that cannot be reached."""

import json
from pathlib import Path

from producer.runtime.exit_status import Exit
from tests.administrator import Administrator, run
from tests.run_sluice import Sluice, run_sluice


def test_the_status_of_a_healthy_pipeline(sluice: Sluice, sample: Path, tmp_path: Path):
    assert sluice("load", "gps", str(sample)).returncode == 0
    assert sluice("proof", str(sample), "-o", str(tmp_path / "proof.html")).returncode == Exit.OK
    done = sluice("status", "--json")
    assert done.returncode == Exit.OK, done.stdout
    status = json.loads(done.stdout)
    assert status["problems"] == status["failures"] == []
    topics = {topic["name"]: topic["messages"] for topic in status["kafka"]["topics"]}
    assert topics["gps-fixes"] > 1000
    assert "mysql-sink-dead-letters" in status["dead_letters"]
    (sink,) = [connector for connector in status["connect"]["connectors"] if connector["name"] == "mysql-sink"]
    assert sink["state"] == "RUNNING"
    assert {task["state"] for task in sink["tasks"]} == {"RUNNING"}
    assert status["lag"]["mysql-sink"] >= 0
    assert "gps-fixes-value" in status["registry"]["subjects"]
    rows = {table["name"]: table["rows"] for table in status["mysql"]["tables"]}
    assert rows["myDB.gps_fixes"] > 1000
    assert status["mysql"]["local_infile"] is True
    assert status["notes"] == []
    assert status["redis"]["keys"] >= 0


def test_a_table_that_cannot_be_counted_now_shows_the_estimate(sluice: Sluice, admin: Administrator):
    with admin.mysql() as connection:
        run(connection, "LOCK TABLES myDB.gps_fixes WRITE")
        done = sluice("status", "--json")
    assert done.returncode == Exit.OK, done.stdout
    exact = {table["name"]: table["exact"] for table in json.loads(done.stdout)["mysql"]["tables"]}
    assert exact == {"myDB.gps_fixes": False, "myDB.test": True}


def test_the_status_without_json_has_every_part(sluice: Sluice):
    done = sluice("status")
    assert done.returncode == Exit.OK, done.stdout
    for part in ("Kafka", "gps-fixes", "Connect", "mysql-sink", "Registry", "MySQL", "myDB.gps_fixes", "Redis"):
        assert part in done.stdout


def test_processes_are_those_of_the_local_pipeline(sluice: Sluice, target: str):
    status = json.loads(sluice("status", "--json").stdout)
    if target == "external":
        assert status["processes"] is None
        return
    processes = {process["name"]: process for process in status["processes"]}
    assert {"kafka", "registry", "mysql", "redis", "connect-1"} <= set(processes)
    assert all(process["state"] == "running" for process in processes.values())
    assert processes["kafka"]["memory_bytes"] > 50 * 2**20


def test_each_unreachable_part_is_reported(environment: dict[str, str], tmp_path: Path):
    authority = tmp_path / "ca.pem"
    authority.write_text("", encoding="utf-8")
    nowhere = {
        "SLUICE_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "SLUICE_CA_FILE": str(authority),
        "SLUICE_REGISTRY_URL": "http://127.0.0.1:1",
        "SLUICE_CONNECT_URL": "http://127.0.0.1:1",
        **{f"SLUICE_{store}_HOST": "127.0.0.1" for store in ("MYSQL", "REDIS")},
        **{f"SLUICE_{store}_PORT": "1" for store in ("MYSQL", "REDIS")},
        **{f"SLUICE_{user}_PASSWORD": "x" for user in ("PRODUCER", "CONSUMER", "MYSQL_READER", "REDIS_READER")},
    }
    done = run_sluice("--target", "external", "status", "--json", env=environment | nowhere)
    assert done.returncode == Exit.UNAVAILABLE, done.stderr
    status = json.loads(done.stdout)
    assert len(status["problems"]) == 5
    assert all("error" in status[part] for part in ("kafka", "connect", "registry", "mysql", "redis"))
