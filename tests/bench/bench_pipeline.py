"""The pipeline that benchmarks run on: a local pipeline of their own."""

import json
import os
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from confluent_kafka import OFFSET_END, TopicPartition

from producer.sample import write_sample
from sluice.local.fetch_servers import fetch_servers
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client
from sluice.local.kafka_broker import scram_client_settings, tool_command
from sluice.local.mariadb import connect_as_root
from sluice.local.pipeline_spec import Acl, PipelineSpec, Topic
from sluice.local.processes import free_port_base
from sluice.local.topics import reconcile_topics
from sluice.local.users import reconcile_acls
from sluice.view.endpoints import Endpoints
from tests.run_sluice import run_sluice, wait_for

PEER_TOPIC = "bench"
"""Prefix of the names of all topics of benchmarks."""
_WORKERS = 1


@dataclass(frozen=True, kw_only=True)
class BenchPipeline:
    """A local pipeline and a folder for files."""

    instance: Instance
    folder: Path
    servers: Path

    @property
    def endpoints(self) -> Endpoints:
        """Endpoints of the pipeline."""
        return Endpoints.from_env(self.instance.endpoint_variables())

    @contextmanager
    def with_workers(self, number: int) -> Generator["BenchPipeline"]:
        """Restart the pipeline with `number` workers and yield it; restart it with one worker at the end."""
        self.sluice("down")
        self.sluice("up", "--workers", str(number))
        try:
            yield replace(self, instance=Instance.open(self.instance.state))
        finally:
            self.sluice("down")
            self.sluice("up", "--workers", str(_WORKERS))

    def sluice(self, *arguments: str) -> str:
        """Return the standard output of a `sluice` command; raises RuntimeError with standard error if it fails."""
        done = run_sluice("--state", str(self.instance.state), *arguments, env=os.environ, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"sluice {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def load(self, source: Path) -> float:
        """Load a log and return the rows per second of its load report: from opening to the last acknowledgement."""
        return float(json.loads(self.sluice("load", "gps", str(source), "--json"))["rows_per_second"])

    def sample(self, rows: int) -> Path:
        """Return a sample log with `rows` rows."""
        path = self.folder / f"sample-{rows}.csv"
        if not path.exists():
            write_sample(path, rows=rows)
        return path

    def kafka_tool(self, main: str, *arguments: str) -> str:
        """Return the standard output of one of Kafka's own programs."""
        command = tool_command(main, *arguments, servers=self.servers)
        return subprocess.run(
            command, cwd=self.instance.state, capture_output=True, text=True, check=True, timeout=300
        ).stdout

    def client_file(self, settings: Mapping[str, str]) -> Path:
        """Write a properties file for a Java client with the login of the user `producer`."""
        values = {
            **scram_client_settings(self.instance, "producer"),
            "bootstrap.servers": f"127.0.0.1:{self.instance.port('kafka')}",
            **settings,
        }
        return self.instance.write("bench.properties", "".join(f"{name}={value}\n" for name, value in values.items()))

    @contextmanager
    def sink_stopped(self) -> Generator[None]:
        """Stop mysql-sink meanwhile: it would use CPU while only producers are measured."""
        connect, sink = self.instance.connect(0), "/connectors/mysql-sink"
        request("PUT", connect, f"{sink}/stop")
        wait_for(lambda: request("GET", connect, f"{sink}/status")[1]["connector"]["state"] == "STOPPED")
        yield
        # The sink must not write the records produced meanwhile.
        self.empty_topic("gps-fixes")
        request("PUT", connect, f"{sink}/resume")

    def empty_topic(self, name: str) -> None:
        """Delete all records of a topic."""
        admin = admin_client(self.instance)
        partitions = admin.list_topics(name, timeout=10).topics[name].partitions
        ends = admin.delete_records([TopicPartition(name, number, OFFSET_END) for number in partitions])
        for future in ends.values():
            future.result(30)

    def rows(self, table: str = "gps_fixes") -> int:
        """Return the number of rows in a table of myDB."""
        with connect_as_root(self.instance) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM myDB.{table}")
            found = cursor.fetchone()
        assert found is not None
        return int(found[0])

    def execute(self, *statements: str) -> None:
        """Run SQL as root."""
        with connect_as_root(self.instance) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@contextmanager
def bench_pipeline() -> Generator[BenchPipeline]:
    """Start a local pipeline for benchmarks and delete it at the end."""
    with TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = Path(name)
        state = folder / "state"
        base = str(free_port_base())
        up = run_sluice("--state", str(state), "up", "--workers", str(_WORKERS), "--port-base", base, env=os.environ)
        assert up.returncode == 0, up.stderr
        try:
            instance = Instance.open(state)
            servers = fetch_servers(env=os.environ, say=lambda _: None)
            yield BenchPipeline(instance=instance, folder=folder, servers=servers)
        finally:
            run_sluice("--state", str(state), "down", "--purge", env=os.environ)


def create_peer_topic(instance: Instance) -> None:
    """Create the peer's topic, with the settings of gps-fixes."""
    ours = next(topic for topic in PipelineSpec.read().topics if topic.name == "gps-fixes")
    create_topics(instance, replace(ours, name=PEER_TOPIC))


def create_topics(instance: Instance, *topics: Topic) -> None:
    """Create topics for benchmarks and give the users producer, connect and consumer rights on them."""
    spec = PipelineSpec.read()
    reconcile_topics(admin_client(instance), topics)
    operations = {"producer": ["Write"], "connect": ["Read", "Write"], "consumer": ["Read"]}
    reconcile_acls(
        admin_client(instance),
        [
            replace(user, acls=(*user.acls, *(_acl(operation) for operation in operations.get(user.name, []))))
            for user in spec.users
        ],
    )


def _acl(operation: str) -> Acl:
    return Acl(type="topic", name=PEER_TOPIC, pattern="prefix", operation=operation, host="*")
