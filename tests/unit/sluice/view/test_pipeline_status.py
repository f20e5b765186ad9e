"""Tests of a pipeline's status: problems, failures and output."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any, cast

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console
from sluice.sink_wait import SinkWait
from sluice.view.connector_status import ConnectorStatus, ConnectStatus, TaskStatus
from sluice.view.disk_status import DiskStatus
from sluice.view.group_offsets import GroupProgress
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector, KafkaStatus, TopicStatus
from sluice.view.pipeline_status import MYSQL_SINK, RUNNING, PipelineStatus, ProcessStatus, sink_lags
from sluice.view.sink_lag import SinkLag
from sluice.view.status_table import as_object, as_tables
from sluice.view.store_status import DatabaseStatus, RegistryStatus, TableSize

TASK = TaskStatus(number=0, state="RUNNING", worker="127.0.0.1:8083", error=None)
SINK = ConnectorStatus(
    name="mysql-sink",
    kind="sink",
    class_name=MYSQL_SINK,
    version="1",
    state="RUNNING",
    worker="127.0.0.1:8083",
    error=None,
    topics=("gps-fixes",),
    tasks=(TASK,),
)
TOPICS = (
    TopicStatus(name="gps-fixes", partitions=4, messages=20_000),
    TopicStatus(name="mysql-sink-dead-letters", partitions=1, messages=0),
)
KAFKA = ProcessStatus(name="kafka", pid=4711, memory_bytes=300 * 2**20, uptime_seconds=3_725.0, state=RUNNING)
WELL = PipelineStatus(
    asked_at=datetime(2026, 11, 22, tzinfo=UTC),
    processes=(KAFKA,),
    kafka=KafkaStatus(identity="c", brokers=("127.0.0.1:9092",), topics=TOPICS),
    connect=ConnectStatus(version="4.3.1", connectors=(SINK,)),
    lags=(SinkLag(connector="mysql-sink", records=12),),
    registry=RegistryStatus(version="3.3.3", subjects=("gps-fixes-value",)),
    mysql=DatabaseStatus(
        product="MariaDB 11.4.5",
        tables=(TableSize(name="myDB.gps_fixes", rows=19_988, exact=True),),
        local_infile=True,
    ),
    redis=0,
)
FAILED_TASK = replace(TASK, state="FAILED", error="java.lang.IllegalStateException: no")
FAILING = replace(WELL, connect=ConnectStatus(version="4.3.1", connectors=(replace(SINK, tasks=(FAILED_TASK,)),)))
GONE = UnavailableError("Redis at 127.0.0.1:6379 cannot be asked: Connection refused")


def text(status: PipelineStatus, *, width: int = 120) -> str:
    file = StringIO()
    Console(file=file, width=width).print(as_tables(status))
    return file.getvalue()


def test_recent_failure_of_a_running_connector_fails_the_status():
    sentence = "mysql-source has just been restarted (restart 7), for it had FAILED: its log is gone"
    status = replace(WELL, recent_failures=(sentence,))
    assert status.exit is Exit.FAILED
    assert as_object(status)["failures"] == [sentence]
    assert sentence in text(status)


def test_status_without_problems():
    assert WELL.exit is Exit.OK
    shown = text(WELL)
    for said in ("gps-fixes", "20,000", "19,988", "300 MiB", "1 h 02 min", "MariaDB 11.4.5", "gps-fixes-value", "12"):
        assert said in shown


def test_failed_task_fails_the_status_with_the_reason():
    assert FAILING.exit is Exit.FAILED
    said = "task 0 of mysql-sink has FAILED: java.lang.IllegalStateException: no"
    assert said in text(FAILING)
    assert as_object(FAILING)["failures"] == [said]


def test_part_that_does_not_answer_is_unavailable_and_hides_no_other():
    status = replace(FAILING, redis=GONE)
    assert status.exit is Exit.UNAVAILABLE
    assert str(GONE) in text(status)
    assert "19,988" in text(status)
    assert as_object(status)["redis"] == {"error": str(GONE)}


def test_connector_that_waits_for_a_part_is_reported():
    source = replace(SINK, name="mysql-source", kind="source", topics=(), needs=("mysql", "registry"))
    sink = replace(SINK, needs=("mysql", "registry"))
    waiting = replace(WELL, connect=ConnectStatus(version="4.3.1", connectors=(sink, source)), registry=GONE)
    sentence = "mysql-sink waits for the schema registry: 12 records not written yet"
    assert waiting.waits[0] == sentence
    assert waiting.waits[1].startswith("mysql-source waits for the schema registry")
    assert sentence in text(waiting)
    assert as_object(waiting)["waits"] == list(waiting.waits)
    assert "mysql-source waits for the database" in replace(waiting, mysql=GONE).waits


def test_idle_failed_or_paused_connector_waits_for_nothing():
    sink = replace(SINK, needs=("registry",))
    gone = replace(WELL, connect=ConnectStatus(version="4.3.1", connectors=(sink,)), registry=GONE)
    assert len(gone.waits) == 1
    assert replace(gone, lags=(SinkLag(connector="mysql-sink", records=0),)).waits == ()
    for other in (replace(sink, tasks=(FAILED_TASK,)), replace(sink, state="PAUSED")):
        assert replace(gone, connect=ConnectStatus(version="4.3.1", connectors=(other,))).waits == ()
    assert replace(gone, registry=WELL.registry).waits == ()
    assert replace(gone, connect=GONE).waits == ()


def test_sink_that_says_that_it_waits_is_reported_although_every_part_answers():
    since = datetime(2026, 11, 21, 23, tzinfo=UTC)
    full = SinkWait(since=since, reason="Redis is full", refused=False)
    waiting = replace(WELL, lags=(SinkLag(connector="redis-sink", records=12, wait=full),))
    sentence = "redis-sink waits since 2026-11-21 23:00:00 UTC, 12 records not written yet: Redis is full"
    assert (waiting.waits, waiting.failures, waiting.exit) == ((sentence,), (), Exit.UNAVAILABLE)
    assert sentence in text(waiting, width=200)
    refused = replace(waiting, lags=(SinkLag(connector="redis-sink", records=12, wait=replace(full, refused=True)),))
    assert (refused.waits, len(refused.failures), refused.exit) == ((), 1, Exit.FAILED)


def test_no_part_answers():
    status = replace(WELL, processes=None, kafka=GONE, connect=GONE, lags=(), registry=GONE, mysql=GONE, redis=GONE)
    assert status.exit is Exit.UNAVAILABLE
    assert text(status).count("cannot be asked") == 5
    assert status.dead_letters == {}
    json.dumps(as_object(status))


def test_process_that_does_not_run_is_a_problem():
    status = replace(WELL, processes=(KAFKA, replace(KAFKA, name="registry", state="not running")))
    assert status.exit is Exit.UNAVAILABLE
    assert status.problems == ("registry is not running",)


def test_json_object_has_every_part():
    found = json.loads(json.dumps(as_object(WELL)))
    assert found["exit"] == "OK"
    assert found["processes"][0]["memory_bytes"] == 300 * 2**20
    assert found["kafka"]["topics"][0] == {"name": "gps-fixes", "partitions": 4, "messages": 20_000, "written": 0}
    assert found["connect"]["connectors"][0]["tasks"][0]["state"] == "RUNNING"
    assert found["lag"] == {"mysql-sink": 12}
    assert found["dead_letters"] == {"mysql-sink-dead-letters": 0}
    assert found["registry"]["subjects"] == ["gps-fixes-value"]
    assert found["mysql"]["tables"] == [{"name": "myDB.gps_fixes", "rows": 19_988, "exact": True, "age_seconds": 0.0}]
    assert found["redis"] == {"keys": 0}
    assert found["asked_at"] == "2026-11-22T00:00:00Z"


def test_estimated_number_of_rows_is_shown_as_about():
    server = DatabaseStatus(
        product="MySQL 9.7.0",
        tables=(TableSize(name="myDB.gps_fixes", rows=90_000_000, exact=False),),
        local_infile=True,
    )
    assert "about 90,000,000" in text(replace(WELL, mysql=server))


def test_sink_that_cannot_stream_its_rows_is_noted_once_and_fails_nothing():
    assert WELL.notes == ()
    assert isinstance(WELL.mysql, DatabaseStatus)
    slow = replace(WELL, mysql=replace(WELL.mysql, local_infile=False))
    (note,) = slow.notes
    assert note.startswith("local_infile is off in the database: mysql-sink writes its rows as statements")
    assert " ".join(text(slow).split()).count(note) == 1
    assert as_object(slow)["notes"] == [note]
    assert as_object(slow)["mysql"]["local_infile"] is False
    assert slow.exit is Exit.OK
    other = replace(SINK, class_name="io.debezium.connector.jdbc.JdbcSinkConnector")
    assert replace(slow, connect=ConnectStatus(version="4.3.1", connectors=(other,))).notes == ()
    assert replace(slow, connect=GONE).notes == replace(slow, mysql=GONE).notes == ()


def test_a_topic_that_a_sink_reads_and_that_is_not_there_is_noted():
    assert WELL.notes == ()
    without = replace(WELL, kafka=KafkaStatus(identity="c", brokers=("127.0.0.1:9092",), topics=TOPICS[1:]))
    (note,) = without.notes
    assert note.startswith("mysql-sink reads the topic gps-fixes, which is not there")
    assert note in as_object(without)["notes"]
    assert replace(WELL, kafka=GONE).notes == ()


def test_a_running_connector_without_tasks_is_noted():
    idle = replace(WELL, connect=ConnectStatus(version="4.3.1", connectors=(replace(SINK, tasks=()),)))
    assert idle.notes == ("mysql-sink has no task, and does nothing",)
    paused = replace(SINK, state="PAUSED", tasks=())
    assert replace(WELL, connect=ConnectStatus(version="4.3.1", connectors=(paused,))).notes == ()


def test_a_topic_of_a_pattern_that_is_not_there_any_more_is_no_fault():
    sink = replace(SINK, topics=("gone",), topics_pattern="g.*")
    assert replace(WELL, connect=ConnectStatus(version="4.3.1", connectors=(sink,))).notes == ()


class Kafka:
    """Stand-in for a KafkaInspector: every group is 5 records behind."""

    def progress(self, group: str, topics: Any) -> GroupProgress:
        return GroupProgress(lag=5, committed=dict.fromkeys(topics, 7), metadata=())


def test_the_lag_of_a_sink_whose_topics_are_not_known_is_not_0_but_unknown():
    unknown = replace(SINK, name="by-pattern", topics=(), topics_pattern=".*")
    connect = ConnectStatus(version="4.3.1", connectors=(SINK, unknown))
    lags = sink_lags(cast("KafkaInspector", Kafka()), connect)
    assert [(lag.connector, lag.records) for lag in lags] == [("mysql-sink", 5)]
    assert replace(WELL, lags=lags).lag_of("by-pattern") is None


def test_unknown_lag_is_an_error_and_not_zero():
    status = replace(WELL, lags=UnavailableError("Kafka at k:1 does not answer: timed out"))
    assert status.lag_of("mysql-sink") is None
    assert status.exit is Exit.UNAVAILABLE
    assert "timed out" in text(status)
    assert "not known" in text(status)


MEBIBYTE = 2**20


def behind(records: int, change: float | None) -> tuple[str, ...]:
    lag = SinkLag(connector="mysql-sink", records=records, change_per_second=change)
    return replace(WELL, lags=(lag,)).behind


def test_a_sink_that_is_behind_is_told_with_the_trend():
    assert behind(0, None) == behind(12, None) == ()
    assert behind(12_345, 678.0) == ("mysql-sink is 12,345 records behind, 678 more each second",)
    assert behind(12_000, -100.0) == ("mysql-sink is 12,000 records behind, 100 fewer each second: about 120 s left",)
    assert behind(120, -100.0) == ()
    late = replace(WELL, lags=(SinkLag(connector="mysql-sink", records=9, change_per_second=0.0),))
    assert late.exit is Exit.OK
    assert "mysql-sink is 9 records behind" in text(late)
    assert as_object(late)["behind"] == ["mysql-sink is 9 records behind, 0 more each second"]


def test_a_disk_without_room_fails_the_status_and_one_with_little_is_a_note():
    def with_free(mebibytes: int) -> PipelineStatus:
        disk = DiskStatus(folder="/state", free_bytes=mebibytes * MEBIBYTE, reserve_bytes=1024 * MEBIBYTE)
        return replace(WELL, disk=disk)

    full, tight, roomy = (with_free(mebibytes) for mebibytes in (1000, 2000, 5000))
    assert full.exit is Exit.FAILED
    assert "the disk of /state has 1,000 MiB left: the broker keeps 1,024 MiB free" in full.failures[0]
    assert "1,000 MiB left" in text(full)
    assert (tight.exit, tight.notes) == (
        Exit.OK,
        ("the disk of /state has 2,000 MiB left; with 1,024 MiB the broker holds loads back",),
    )
    assert (roomy.failures, roomy.notes) == ((), ())
    assert as_object(roomy)["disk"]["free_bytes"] == 5000 * MEBIBYTE
