"""The peer of mysql-sink: Debezium's JDBC sink, a connector of its own that writes the same topic into another table.

It is no plugin of the pipeline: it is downloaded here, and only the worker that peer_sink() restarts loads it.
"""

import os
import shutil
import threading
from collections.abc import Generator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path

from sluice.local import connect_workers
from sluice.local.fetch_servers import cache_folder
from sluice.local.instance import Instance
from sluice.local.maven import run_maven
from sluice.local.pipeline_spec import ROOT, PipelineSpec
from sluice.local.processes import Server, StartedServer, running_processes, stop_processes
from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.drain_backlog import SinkUnderTest
from tests.bench.sink_connector import Sink

_POM = "tests/bench/pom.xml"
_CONNECTOR, _TABLE = "bench-debezium-sink", "bench_debezium"
_PLUGIN_PATH = "plugin.path="
_SECONDS = 120


@contextmanager
def peer_sink(bench: BenchPipeline) -> Generator[SinkUnderTest]:
    """Yield the peer's connector, stopped, with an empty table like gps_fixes; meanwhile the worker has its plugin."""
    bench.execute(
        f"CREATE OR REPLACE TABLE myDB.{_TABLE} LIKE myDB.gps_fixes",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON myDB.{_TABLE} TO 'connect'@'%'",
    )
    with _worker_with(bench, _fetch_plugin()):
        sink, settings = Sink(bench.instance, _CONNECTOR), _settings(bench.instance)
        sink.apply(settings)
        try:
            sink.stop()
            yield SinkUnderTest(sink=sink, settings=settings, table=_TABLE)
        finally:
            sink.delete()


def _settings(instance: Instance) -> dict[str, str]:
    """Return the fastest settings that were found (docs/performance.md)."""
    parameters = "rewriteBatchedStatements=true&connectTimeout=5000&socketTimeout=120000"
    return {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": "4",
        "topics": "gps-fixes",
        "connection.url": f"jdbc:mysql://127.0.0.1:{instance.port('mysql')}/myDB?{parameters}",
        "connection.username": "connect",
        "connection.password": "${env:MYSQL_PASSWORD}",
        "collection.name.format": _TABLE,
        "hibernate.dialect": "org.hibernate.dialect.MariaDBDialect",
        "insert.mode": "upsert",
        "delete.enabled": "true",
        "primary.key.mode": "record_key",
        "primary.key.fields": "utime",
        "schema.evolution": "none",
        "use.time.zone": "UTC",
        "batch.size": "1000",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "sluice.avro.AvroConverter",
        "value.converter.schema.registry.url": "${env:REGISTRY_URL}",
        "value.converter.schema.registry.basic.auth.user.info": "${env:REGISTRY_USER_INFO}",
        "value.converter.schema.registry.tls.trusted.certificates": "${env:REGISTRY_CA_CERTIFICATE}",
        # The key is a text; the sink takes a struct whose field is the column, of the column's type.
        "transforms": "hoist,cast",
        "transforms.hoist.type": "org.apache.kafka.connect.transforms.HoistField$Key",
        "transforms.hoist.field": "utime",
        "transforms.cast.type": "org.apache.kafka.connect.transforms.Cast$Key",
        "transforms.cast.spec": "utime:int64",
        "consumer.override.max.poll.records": "2000",
        "connection.restart.on.errors": "true",
    }


def _fetch_plugin() -> Path:
    """Return a folder for plugin.path with Debezium's JDBC sink, downloaded once into the cache of the servers."""
    cache = cache_folder(os.environ)
    folder = cache / f"bench-plugins-{sha256((ROOT / _POM).read_bytes()).hexdigest()[:16]}"
    with (cache / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not folder.is_dir():
            building = cache / "building"
            shutil.rmtree(building, ignore_errors=True)
            run_maven(cache, building, pom=_POM, env=os.environ, say=print)
            (building / "plugins").rename(folder)
    return folder


@contextmanager
def _worker_with(bench: BenchPipeline, plugins: Path) -> Generator[None]:
    """Restart the only worker with another folder in its plugin.path; restart it as it was at the end."""
    _restart(bench.instance, _worker(bench, also=f",{plugins}"))
    try:
        yield
    finally:
        _restart(bench.instance, _worker(bench, also=""))


def _worker(bench: BenchPipeline, *, also: str) -> Server:
    server = connect_workers.worker(bench.instance, index=0, spec=PipelineSpec.read(), servers=bench.servers)
    name = f"{server.name}.properties"
    lines = (bench.instance.state / name).read_text(encoding="utf-8").splitlines()
    changed = [f"{line}{also}" if line.startswith(_PLUGIN_PATH) else line for line in lines]
    bench.instance.write(name, "\n".join(changed) + "\n")
    return server


def _restart(instance: Instance, server: Server) -> None:
    stop_processes([entry for entry in running_processes(instance) if entry.name == server.name], seconds=30)
    StartedServer(server, instance=instance).wait(seconds=_SECONDS, cancelled=threading.Event())
