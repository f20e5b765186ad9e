"""Tests of the picture of a pipeline: nodes and edges from what its parts report."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sluice.console.node_state import part_states, pipeline_notes, pipeline_problems
from sluice.console.pipeline_picture import PipelinePicture, Rates
from sluice.console.pipeline_summary import summarize
from sluice.sink_wait import SinkWait
from sluice.view.connector_status import MYSQL, REGISTRY, ConnectorStatus, ConnectStatus, TaskStatus
from sluice.view.disk_status import DiskStatus
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaStatus, TopicStatus
from sluice.view.pipeline_status import PipelineStatus
from sluice.view.sink_lag import SinkLag
from sluice.view.store_status import DatabaseStatus, RegistryStatus, TableSize

TASK = TaskStatus(number=0, state="RUNNING", worker="w", error=None)
SINK = ConnectorStatus(
    name="mysql-sink",
    kind="sink",
    class_name="sluice.mysql.MySqlSinkConnector",
    version="1",
    state="RUNNING",
    worker="w",
    error=None,
    topics=("gps-fixes",),
    tasks=(TASK,),
    needs=(MYSQL, REGISTRY),
    stores=("myDB.gps_fixes",),
    dead_letters_topic="mysql-sink-dead-letters",
)
SOURCE = replace(
    SINK,
    name="mysql-source",
    kind="source",
    topics=(),
    written_topics=("cdc.myDB.test", "heartbeat"),
    stores=("myDB.test",),
    dead_letters_topic=None,
)
WELL = PipelineStatus(
    asked_at=datetime(2026, 11, 22, tzinfo=UTC),
    processes=None,
    kafka=KafkaStatus(
        identity="c",
        brokers=("b:1",),
        topics=(
            TopicStatus(name="cdc.myDB.test", partitions=1, messages=3, written=3),
            TopicStatus(name="gps-fixes", partitions=4, messages=20_000, written=30_000),
            TopicStatus(name="mysql-sink-dead-letters", partitions=1, messages=0),
        ),
    ),
    connect=ConnectStatus(version="4.3.1", connectors=(SINK, SOURCE)),
    lags=(SinkLag(connector="mysql-sink", records=12, committed={"gps-fixes": 29_988}),),
    registry=RegistryStatus(version="3.3.3", subjects=("gps-fixes-value",)),
    mysql=DatabaseStatus(
        product="MariaDB 11.4.5",
        tables=(
            TableSize(name="myDB.gps_fixes", rows=19_988, exact=True),
            TableSize(name="myDB.test", rows=1, exact=True),
        ),
        local_infile=True,
    ),
    redis=0,
)
GONE = UnavailableError("it cannot be asked: Connection refused")
RATES = Rates(
    topics={"gps-fixes": 100.0, "cdc.myDB.test": 2.0},
    commits={("mysql-sink", "gps-fixes"): 90.0},
    stores={"myDB.gps_fixes": 80.0},
)


def draw(
    status: PipelineStatus, *, known: PipelineStatus | None = None, rates: Rates = RATES, letters: Any = None
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    picture = PipelinePicture(status=status, known=known or status, rates=rates, letters=letters or {}).draw()
    found = json.loads(json.dumps(picture.as_objects()))
    return {node["id"]: node for node in found["nodes"]}, found["edges"]


def with_connectors(*connectors: ConnectorStatus) -> PipelineStatus:
    return replace(WELL, connect=ConnectStatus(version="4.3.1", connectors=connectors))


def facts(node: dict[str, Any]) -> dict[str, Any]:
    return {fact["label"]: fact.get("count", fact.get("rate")) for fact in node["facts"]}


def test_records_flow_from_the_load_to_the_table_and_from_the_watched_table_to_its_topic() -> None:
    nodes, edges = draw(WELL)
    flows = {(edge["begin"], edge["end"]): edge["rate"] for edge in edges if edge["kind"] == "records"}
    assert flows == {
        ("loads", "topic:gps-fixes"): 100,
        ("topic:gps-fixes", "connector:mysql-sink"): 90,
        ("connector:mysql-sink", "store:myDB.gps_fixes"): 90,
        ("table:myDB.test", "connector:mysql-source"): 2,
        ("connector:mysql-source", "topic:cdc.myDB.test"): 2,
    }
    assert {(edge["begin"], edge["end"]) for edge in edges if edge["kind"] == "letters"} == {
        ("connector:mysql-sink", "letters:mysql-sink-dead-letters")
    }
    users = {edge["begin"] for edge in edges if edge["kind"] == "schemas"}
    assert users == {"loads", "connector:mysql-sink", "connector:mysql-source"}
    assert {end for _, end in flows} | {begin for begin, _ in flows} <= set(nodes)
    assert facts(nodes["loads"]) == {"sends": 100}
    assert facts(nodes["topic:gps-fixes"]) == {"records": 20_000, "in": 100, "read": 90}
    assert facts(nodes["connector:mysql-sink"]) == {"commits": 90, "lag": 12}
    assert facts(nodes["store:myDB.gps_fixes"]) == {"rows": 19_988, "change": 80}
    assert facts(nodes["table:myDB.test"]) == {"rows": 1}
    assert facts(nodes["letters:mysql-sink-dead-letters"]) == {"letters": 0}
    assert nodes["topic:gps-fixes"]["link"] == "#/topics/gps-fixes"
    assert {node["state"]["kind"] for node in nodes.values()} == {"ok"}


def test_a_connector_that_a_user_adds_appears_with_its_topics_and_its_store() -> None:
    added = replace(
        SINK,
        name="my/sink",
        class_name="org.example.FileSinkConnector",
        topics=("gps-fixes", "other topic"),
        needs=(),
        stores=(),
        dead_letters_topic=None,
    )
    nodes, edges = draw(with_connectors(SINK, SOURCE, added))
    assert nodes["connector:my/sink"]["link"] == "#/connectors/my%2Fsink"
    assert "FileSink" in nodes["connector:my/sink"]["detail"]
    assert nodes["topic:other topic"]["state"]["text"] == "not there"
    assert "sluice up" in nodes["topic:other topic"]["state"]["remarks"][0]["advice"]
    ends = {edge["end"] for edge in edges if edge["begin"] == "connector:my/sink"}
    assert ends == {"store:another system (FileSink)"}


def test_a_failed_task_is_bad_and_says_why_and_what_to_do() -> None:
    failed = replace(TASK, state="FAILED", error="java.lang.IllegalStateException: no")
    nodes, _ = draw(with_connectors(replace(SINK, tasks=(failed,)), SOURCE))
    state = nodes["connector:mysql-sink"]["state"]
    assert (state["kind"], state["text"]) == ("bad", "failed")
    (remark,) = state["remarks"]
    assert remark["text"] == "task 0 of mysql-sink has FAILED: java.lang.IllegalStateException: no"
    assert "restart it under Connectors" in remark["advice"]
    assert nodes["connector:mysql-source"]["state"]["kind"] == "ok"


def test_a_connector_that_fails_again_after_each_restart_is_bad() -> None:
    status = replace(WELL, recent_failures=("mysql-sink has just been restarted (restart 3), for it had FAILED: no",))
    nodes, _ = draw(status)
    assert nodes["connector:mysql-sink"]["state"]["kind"] == "bad"


def test_a_sink_that_waits_says_for_what_and_one_that_is_refused_needs_somebody() -> None:
    wait = SinkWait(since=datetime(2026, 11, 21, tzinfo=UTC), reason="Redis is full", refused=False)
    for refused, kind in ((False, "waiting"), (True, "bad")):
        lag = SinkLag(connector="mysql-sink", records=12, wait=replace(wait, refused=refused))
        state = draw(replace(WELL, lags=(lag,)))[0]["connector:mysql-sink"]["state"]
        assert state["kind"] == kind
        assert "Redis is full" in state["remarks"][0]["text"]
        assert state["remarks"][0]["advice"]


def test_a_paused_connector_says_how_to_resume_it() -> None:
    state = draw(with_connectors(replace(SINK, state="PAUSED"), SOURCE))[0]["connector:mysql-sink"]["state"]
    assert (state["kind"], state["text"]) == ("off", "paused")
    assert "Resume" in state["remarks"][0]["advice"]


def test_a_connector_without_tasks_does_not_work() -> None:
    status = with_connectors(replace(SINK, tasks=()), SOURCE)
    node = draw(status)[0]["connector:mysql-sink"]
    assert (node["state"]["kind"], node["state"]["text"]) == ("waiting", "no task")
    assert node["state"]["remarks"][0]["advice"]
    assert said(status) == "Waiting: mysql-sink."


def test_rows_that_were_counted_a_while_ago_say_so() -> None:
    assert isinstance(WELL.mysql, DatabaseStatus)
    for age, label in ((4, "rows"), (70.4, "rows, 70 s ago")):
        table = TableSize(name="myDB.gps_fixes", rows=5, exact=True, age_seconds=age)
        nodes, _ = draw(replace(WELL, mysql=replace(WELL.mysql, tables=(table,))))
        assert nodes["store:myDB.gps_fixes"]["facts"][0] == {"label": label, "count": 5}


def test_all_parts_work_only_where_all_do() -> None:
    assert said(WELL) == "All parts work."
    assert said(with_connectors(replace(SINK, state="PAUSED"), SOURCE)) == "Paused: mysql-sink."
    assert said(with_connectors()) == "There is no connector."
    missing = replace(SINK, topics=("none",))
    assert said(with_connectors(missing)) == "Waiting: mysql-sink, none."
    assert said(replace(WELL, disk=DiskStatus(folder="/data", free_bytes=1, reserve_bytes=2))) == "The disk is full."
    gone = replace(WELL, connect=GONE, lags=())
    assert said(gone, known=WELL) == "Not all parts answer. Not known: mysql-source, mysql-sink."
    assert said(gone) == "Not all parts answer."
    failed = replace(SINK, tasks=(replace(TASK, state="FAILED"),))
    assert said(with_connectors(failed, SOURCE)) == "Needs you: mysql-sink."
    lag = SinkLag(connector="mysql-sink", records=1_000_000, change_per_second=10.0)
    assert said(replace(WELL, lags=(lag,))) == "All parts work. Behind: mysql-sink."
    many = [replace(SINK, name=f"sink-{number}", state="PAUSED") for number in range(7)]
    assert said(with_connectors(*many)) == "Paused: sink-0, sink-1, sink-2, sink-3, sink-4 and 2 more."


def test_a_table_or_a_topic_of_dead_letters_that_is_not_shown_does_not_look_well() -> None:
    sink = replace(SINK, stores=("myDB.none", "other.table"), dead_letters_topic="none-dead-letters")
    nodes, _ = draw(with_connectors(sink))
    assert nodes["store:myDB.none"]["state"]["text"] == "not known"
    assert nodes["store:other.table"]["state"]["kind"] == "ok", "only the tables of one database are looked at"
    assert nodes["letters:none-dead-letters"]["state"]["text"] == "not there"
    assert said(with_connectors(sink)) == "Waiting: none-dead-letters. Not known: myDB.none."


def said(status: PipelineStatus, *, known: PipelineStatus | None = None) -> str:
    picture = PipelinePicture(status=status, known=known or status, rates=RATES, letters={}).draw()
    return summarize(status, picture.nodes.values())


def test_a_sink_that_is_behind_says_for_how_long() -> None:
    lag = SinkLag(connector="mysql-sink", records=1_000_000, change_per_second=-10_000.0)
    state = draw(replace(WELL, lags=(lag,)))[0]["connector:mysql-sink"]["state"]
    assert state["kind"] == "ok"
    assert "about 100 s left" in state["remarks"][0]["text"]


def test_dead_letters_are_counted_with_their_reasons() -> None:
    topics = (TopicStatus(name="mysql-sink-dead-letters", partitions=1, messages=7, written=9),)
    status = replace(WELL, kafka=KafkaStatus(identity="c", brokers=("b:1",), topics=topics))
    letters = {"mysql-sink-dead-letters": ({"reason": "<b>no number", "count": 7},)}
    node = draw(status, letters=letters)[0]["letters:mysql-sink-dead-letters"]
    assert node["state"]["kind"] == "waiting"
    assert facts(node)["letters"] == 7
    assert said(status).endswith("7 dead letters.")
    assert node["reasons"] == [{"reason": "<b>no number", "count": 7}]


def test_a_topic_of_dead_letters_without_a_connector_is_shown() -> None:
    nodes, _ = draw(with_connectors())
    assert "letters:mysql-sink-dead-letters" in nodes


def test_what_a_part_that_does_not_answer_would_know_stays_and_is_not_known() -> None:
    gone = replace(WELL, kafka=GONE, connect=GONE, lags=(), registry=GONE, mysql=GONE, redis=GONE)
    nodes, edges = draw(gone, known=replace(gone, kafka=WELL.kafka, connect=WELL.connect), rates=Rates())
    assert set(nodes) == set(draw(WELL)[0])
    for name in ("connector:mysql-sink", "topic:gps-fixes"):
        assert nodes[name]["state"] == {"kind": "off", "text": "not known", "remarks": []}
        assert set(facts(nodes[name]).values()) == {None}, "no number of before is shown as that of now"
    assert nodes["connector:mysql-sink"]["detail"] == "MySqlSink"
    assert facts(nodes["letters:mysql-sink-dead-letters"]) == {"letters": None}
    for name in ("store:myDB.gps_fixes", "table:myDB.test"):
        assert nodes[name]["facts"] == []
    for name in ("store:myDB.gps_fixes", "table:myDB.test", "registry"):
        assert nodes[name]["state"]["text"] == "does not answer"
    assert {edge["rate"] for edge in edges} == {None}
    assert {part["kind"] for part in part_states(gone)} == {"bad"}
    assert all("sluice status" in remark.advice for remark in pipeline_problems(gone))
    json.dumps([asdict(remark) for remark in pipeline_problems(gone)])


def test_a_pipeline_that_never_answered_is_drawn_too() -> None:
    gone = replace(WELL, kafka=GONE, connect=GONE, lags=(), registry=GONE, mysql=GONE, redis=GONE)
    assert set(draw(gone, rates=Rates())[0]) == {"loads", "registry"}


def test_many_topics_without_a_connector_become_one_node() -> None:
    topics = tuple(TopicStatus(name=f"t{number:03}", partitions=1, messages=0) for number in range(200))
    nodes, _ = draw(replace(with_connectors(), kafka=KafkaStatus(identity="c", brokers=(), topics=topics)))
    assert len(nodes) < 15
    assert nodes["topics"]["name"] == "192 more topics"


def test_a_full_disk_and_a_note_concern_the_whole_pipeline() -> None:
    disk = DiskStatus(folder="/data", free_bytes=1, reserve_bytes=2)
    (full,) = pipeline_problems(replace(WELL, disk=disk))
    assert "/data" in full.text
    missing = with_connectors(replace(SINK, topics=("none",)))
    assert pipeline_notes(missing) == ()
    assert draw(missing)[0]["connector:mysql-sink"]["state"]["kind"] == "waiting"
    server = DatabaseStatus(product="MySQL 9.7.0", tables=(), local_infile=False)
    assert len(pipeline_notes(replace(WELL, mysql=server))) == 1
