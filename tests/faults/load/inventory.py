"""Counts what loads, proofs and status calls could leave behind in a local pipeline, on its disk and in its folders."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil
import pymysql
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # pyright: ignore[reportPrivateImportUsage]
from redis import Redis

from sluice.local.instance import Instance
from sluice.local.kafka_admin import TIMEOUT_SECONDS, admin_client
from sluice.local.mariadb import connect_as_root
from sluice.local.processes import RunningProcess, running_processes
from tests.faults.load.judgement import MEBIBYTE, NOTHING, Bound

_KAFKA_TOPICS = ("__transaction_state", "kafkasql-journal", "kafkasql-snapshots", "registry-events")
"""Topics in which no load or proof writes a record that stays: transactional ids, schemas, the registry's events."""
_DATA_FOLDERS = ("kafka", "mysql", "redis")
_BLOCK = 512
_HSPERF = "hsperfdata_"

BOUNDS: Mapping[str, Bound] = {
    "": NOTHING,
    # A status query or a proof that is just ending; the sinks' connections to the stores come and go with batches.
    "connections of": Bound(allowed=4, why="connections of the last command close in the background"),
    "threads of": Bound(allowed=12, why="pools grow to their sizes and shrink again"),
    "open files of": Bound(allowed=24, why="segments and tables that are open"),
    "files in kafka": Bound(allowed=24, why="a new segment has four files; snapshots of the metadata, two for each"),
    "files in mysql": Bound(allowed=3, why="a new file of the binary log, kept for a day at most"),
    "files in redis": Bound(allowed=1, why="a rewrite of the append-only file"),
    "memory of": Bound(allowed=128 * MEBIBYTE, why="heaps and pools grow to their sizes"),
    "bytes in logs": Bound(allowed=16 * MEBIBYTE, why="a log is cut when it has 16 MiB"),
}
"""What each measure may grow, by the beginning of its name; everything else not at all."""


def take_inventory(instance: Instance, *, folders: Mapping[str, Path]) -> dict[str, int]:
    """Return the number of each thing that could be left behind, by name.

    `folders` are those in which the commands under test work, by name: nothing may stay in them.
    """
    running = running_processes(instance)
    return {
        **_state_files(instance.state),
        **{f"files in {name}": sum(1 for _ in _files(folder)) for name, folder in folders.items()},
        **_processes(running),
        **_kafka(admin_client(instance)),
        **_stores(instance),
    }


def disk_bytes(folder: Path) -> int:
    """Return what the files of a folder take on the disk: the broker's index files are sparse."""
    found = 0
    for path in folder.rglob("*"):
        try:
            found += path.lstat().st_blocks * _BLOCK
        except FileNotFoundError:  # deleted meanwhile
            continue
    return found


def _files(folder: Path) -> Iterable[Path]:
    # Links are not followed: the folder of the servers is linked.
    return (path for path in folder.rglob("*") if path.is_file() and _HSPERF not in str(path))


def _state_files(state: Path) -> dict[str, int]:
    found: Counter[str] = Counter()
    for path in _files(state):
        top = path.relative_to(state).parts[0] if path.parent != state else "the state folder itself"
        found[f"files in {top}"] += 1
        if top == "logs":
            found["bytes in logs"] += path.stat().st_size
    return dict(found)


def _processes(running: Iterable[RunningProcess]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for entry in running:
        found[f"processes {entry.name}"] += 1
        try:
            found[f"threads of {entry.name}"] += entry.process.num_threads()
            found[f"open files of {entry.name}"] += entry.process.num_fds()
            found[f"connections of {entry.name}"] += _established(entry.process)
            found[f"memory of {entry.name}"] += entry.memory_bytes
        except psutil.Error:  # it has just ended
            continue
    return dict(found)


def _established(process: psutil.Process) -> int:
    return sum(1 for one in process.net_connections("tcp") if one.status != psutil.CONN_LISTEN)


def _kafka(client: AdminClient) -> dict[str, int]:
    topics = client.list_topics(timeout=TIMEOUT_SECONDS).topics
    groups = client.list_consumer_groups(request_timeout=TIMEOUT_SECONDS).result().valid or []
    records = {
        f"records of {name}": _end(client, [TopicPartition(name, number) for number in topics[name].partitions])
        for name in _KAFKA_TOPICS
        if name in topics
    }
    return {"topics": len(topics), "consumer groups": len(groups), **records}


def _end(client: AdminClient, partitions: list[TopicPartition]) -> int:
    spec = OffsetSpec.latest()
    futures = client.list_offsets(dict.fromkeys(partitions, spec), request_timeout=TIMEOUT_SECONDS)  # pyright: ignore[reportArgumentType]
    return sum(future.result().offset for future in futures.values())


def _stores(instance: Instance) -> dict[str, int]:
    with connect_as_root(instance) as connection:
        tables = _number(connection, "SELECT COUNT(*) FROM information_schema.tables")
    password = instance.passwords["redis-admin"]
    with Redis(host="127.0.0.1", port=instance.port("redis"), username="admin", password=password) as client:
        return {"tables": tables, "keys of Redis outside database 1": int(client.dbsize())}  # pyright: ignore[reportArgumentType]


def _number(connection: "pymysql.Connection[pymysql.cursors.Cursor]", query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return int(row[0]) if row else 0
