"""Alerts, the dashboard and the scraped metrics use the same metrics."""

import json
import re

from infra.gcp.metrics import SCRAPED, SINK_RATE, UNWRITTEN_RECORDS
from infra.workloads import network_policies
from tests.unit.infra.gcp.conftest import EVERYTHING, cloud, only
from tests.unit.infra.recording_monitor import Made


def queries(made: list[Made]) -> dict[str, str]:
    return {
        entry.name: condition["conditionPrometheusQueryLanguage"]["query"]
        for entry in made
        if entry.kind == "AlertPolicy" and not entry.name.startswith("guard-")
        for condition in entry.plain["conditions"]
        if "conditionPrometheusQueryLanguage" in condition
    }


def charted(made: list[Made]) -> str:
    return str(only(made, "Dashboard").plain["dashboardJson"])


def test_there_is_an_alert_for_each_thing_that_goes_wrong(made: list[Made]) -> None:
    found = queries(made)
    assert found.keys() == {"failed-task", "lag", "disk", "redis-memory"}
    assert found["failed-task"].endswith("> 0")
    assert "> 10000 and delta(" in found["lag"]  # behind, and not catching up
    hanging = found["lag"].partition(" or ")[2]
    assert re.findall(rf"({UNWRITTEN_RECORDS}|{SINK_RATE}){{.*?}} (.. ?0)", hanging) == [
        (UNWRITTEN_RECORDS, "> 0"),
        (SINK_RATE, "== 0"),
    ]
    assert found["disk"].endswith("> 0.8")


def test_redis_is_measured_against_its_own_maxmemory() -> None:
    made = cloud({**EVERYTHING, "redis.maxmemoryMi": "1024"})
    assert queries(made)["redis-memory"].endswith(f"> {int(0.9 * 1024 * 1024 * 1024)}")


def test_every_alert_is_mailed_and_says_what_to_do(made: list[Made]) -> None:
    for entry in made:
        if entry.kind == "AlertPolicy":
            assert len(entry.plain["notificationChannels"]) == 2, entry.name
            assert len(entry.plain["documentation"]["content"]) > 20


def test_scraped_metrics_are_exactly_those_used(made: list[Made]) -> None:
    (endpoint,) = only(made, "PodMonitoring").plain["spec"]["endpoints"]
    (relabel,) = endpoint["metricRelabeling"]
    assert relabel["action"] == "keep"
    assert set(relabel["regex"].split("|")) == set(SCRAPED)
    asked = str(queries(made)) + charted(made)
    assert set(re.findall(r"kafka_\w+", asked)) == set(SCRAPED)


def test_workers_are_scraped_on_strimzis_port(made: list[Made]) -> None:
    spec = only(made, "PodMonitoring").plain["spec"]
    assert spec["selector"]["matchLabels"] == dict(network_policies.PODS["connect"])
    assert spec["endpoints"][0]["port"] == 9404


def test_the_workers_export_every_scraped_metric(made: list[Made]) -> None:
    shown = only(made, "KafkaConnect").plain["spec"]["metricsConfig"]
    assert shown["type"] == "strimziMetricsReporter"
    for name in SCRAPED:
        assert any(re.fullmatch(pattern, name) for pattern in shown["values"]["allowList"]), name


def test_every_query_is_limited_to_this_cluster(made: list[Made]) -> None:
    dashboard = json.loads(charted(made))
    asked = [
        tile["widget"]["xyChart"]["dataSets"][0]["timeSeriesQuery"]["prometheusQuery"]
        for tile in dashboard["mosaicLayout"]["tiles"]
    ]
    for query in [*queries(made).values(), *asked]:
        assert re.search(r'cluster(_name)?="sluice"', query), query


def test_tiles_of_the_dashboard_do_not_overlap(made: list[Made]) -> None:
    layout = json.loads(charted(made))["mosaicLayout"]
    corners = {(tile["xPos"], tile["yPos"]) for tile in layout["tiles"]}
    assert len(corners) == len(layout["tiles"])
    for tile in layout["tiles"]:
        assert tile["xPos"] + tile["width"] <= layout["columns"]
        assert tile["yPos"] % tile["height"] == 0
