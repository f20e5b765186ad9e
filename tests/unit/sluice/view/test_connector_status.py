"""Tests of Kafka Connect's status, and of the HTTP client."""

from typing import Any

import pytest

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view.connector_status import ConnectorStatus, TaskStatus, fetch_connect_status
from sluice.view.http_client import UnavailableError, get_json
from tests.unit.sluice.view.fake_connect import serving

TRACE = """org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask
\tat org.apache.kafka.connect.runtime.WorkerSinkTask.execute(WorkerSinkTask.java:1)
Caused by: org.hibernate.exception.JDBCConnectionException: outer
\tat somewhere
Caused by: java.sql.SQLException: INSERT command denied
\t... 9 more
"""
CLASS = "io.debezium.connector.jdbc.JdbcSinkConnector"


def answers(task: dict[str, Any]) -> dict[str, Any]:
    status = {
        "type": "sink",
        "connector": {"state": "RUNNING", "worker_id": "w:8083"},
        "tasks": [{"id": 0, "state": "RUNNING", "worker_id": "w:8083"}, {"id": 1, "worker_id": "w:8083", **task}],
    }
    info = {"name": "mysql-sink", "config": {"connector.class": CLASS, "topics": "gps-fixes, other"}}
    return {
        "/": {"version": "4.3.1"},
        "/connectors?expand=status&expand=info": {"mysql-sink": {"status": status, "info": info}},
        "/connector-plugins": [{"class": CLASS, "type": "sink", "version": "3.6.0.Final"}],
    }


def test_connectors_are_read_with_tasks_topics_and_version():
    with serving(answers({"state": "PAUSED"})) as endpoint:
        worker = fetch_connect_status(endpoint)
    (connector,) = worker.connectors
    assert (worker.version, connector.version, connector.class_name) == ("4.3.1", "3.6.0.Final", CLASS)
    assert (connector.group, connector.topics) == ("connect-mysql-sink", ("gps-fixes", "other"))
    assert [task.state for task in connector.tasks] == ["RUNNING", "PAUSED"]
    assert connector.failures == ()


def test_a_sink_by_a_pattern_has_the_topics_that_it_has_read() -> None:
    pages = answers({"state": "RUNNING"})
    config = pages["/connectors?expand=status&expand=info"]["mysql-sink"]["info"]["config"]
    del config["topics"]
    config |= {"topics.regex": "gps-.*", "connection.url": "jdbc:mysql://h/myDB", "topic.to.table": "gps-(.*):t_$1"}
    with serving(pages) as endpoint:
        (unknown,) = fetch_connect_status(endpoint, active_topics=True).connectors
        pages["/connectors/mysql-sink/topics"] = {"mysql-sink": {"topics": ["gps-fixes"]}}
        (sink,) = fetch_connect_status(endpoint, active_topics=True).connectors
        (unasked,) = fetch_connect_status(endpoint).connectors
    assert unknown.topics == unasked.topics == ()
    assert (sink.topics, sink.topics_pattern, sink.stores) == (("gps-fixes",), "gps-.*", ("myDB.t_fixes",))


def test_failure_of_a_task_has_first_line_and_innermost_cause_of_its_trace():
    with serving(answers({"state": "FAILED", "trace": TRACE})) as endpoint:
        (connector,) = fetch_connect_status(endpoint).connectors
    assert connector.failures == (
        "task 1 of mysql-sink has FAILED: org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask"
        " (caused by java.sql.SQLException: INSERT command denied)",
    )


def test_traces_come_without_secrets() -> None:
    trace = "a.B: cannot log in with hunter2\nCaused by: c.D: jdbc:mysql://u:other@host password=third\n"
    pages = answers({"state": "FAILED", "trace": trace})
    pages["/connectors?expand=status&expand=info"]["mysql-sink"]["info"]["config"]["some.password"] = "hunter2"
    with serving(pages) as endpoint:
        (connector,) = fetch_connect_status(endpoint).connectors
    assert connector.failures == (
        "task 1 of mysql-sink has FAILED: a.B: cannot log in with (hidden) (caused by c.D: "
        "jdbc:mysql://(hidden)@host password=(hidden))",
    )


def test_tasks_with_the_same_error_are_one_failure():
    tasks = tuple(TaskStatus(number=n, state="FAILED", worker="w", error="e", cause=f"c{n}") for n in range(3))
    connector = ConnectorStatus(
        name="s", kind="sink", class_name="c", version=None, state="FAILED", worker="w", error=None, tasks=tasks
    )
    assert connector.failures == (
        "connector s has FAILED: Connect gives no reason",
        "tasks 0, 1, 2 of s have FAILED: e (caused by c0)",
    )


def test_error_names_the_part_that_does_not_answer():
    with serving({}) as endpoint:
        with pytest.raises(UnavailableError, match=f"{endpoint.url}/ answers 404 Not Found") as caught:
            fetch_connect_status(endpoint)
        assert caught.value.code == 404
    with pytest.raises(UnavailableError, match=r"Kafka Connect at .* does not answer: .*refused") as caught:
        fetch_connect_status(endpoint)
    assert caught.value.code is None


def test_answer_that_is_no_json_is_an_error():
    with (
        serving({"/": b"<html>Bad Gateway</html>"}) as endpoint,
        pytest.raises(UnavailableError, match=r"the registry at .* does not answer: Expecting value"),
    ):
        get_json(endpoint, "/", part="the registry")


def test_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving({"/": [1]}) as endpoint:
        assert get_json(endpoint, "/", part="x") == [1]


def nobody(port: int) -> RestEndpoint:
    return RestEndpoint(url=f"http://127.0.0.1:{port}")


def test_next_worker_is_queried_if_one_does_not_answer() -> None:
    with serving(answers({"state": "PAUSED"})) as endpoint:
        assert fetch_connect_status(nobody(1), endpoint) == fetch_connect_status(endpoint)
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1"):
        fetch_connect_status(nobody(1), nobody(2))
