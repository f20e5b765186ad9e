"""Connect with Strimzi's metrics reporter has the metrics that the alerts and the dashboard on Google Cloud query."""

from pathlib import Path

import pytest

from sluice.local.instance import Instance
from tests.pipeline.metrics_worker import Samples, parse_samples, run_metrics_worker
from tests.run_sluice import Sluice, wait_for

_FILE = "org.apache.kafka.connect.file.FileStream"
_UNFIT = "org.apache.kafka.connect.json.JsonConverter"  # the rows are Avro


@pytest.mark.local_only(
    "it starts a worker of its own, by the Pulumi program's modules, which the tests' image does not hold"
)
def test_each_metric_is_there_and_one_of_a_failed_task(
    instance: Instance, environment: dict[str, str], sluice: Sluice, sample: Path, tmp_path: Path
) -> None:
    # Here, since the image of scripts/test-kind has no Pulumi program.
    from infra.gcp.metrics import FAILED_TASKS, LAG, SCRAPED, SINK_RATE, SOURCE_RATE, UNWRITTEN_RECORDS  # noqa: PLC0415
    from infra.workloads.connect_cluster import METRICS  # noqa: PLC0415

    assert sluice("load", "gps", str(sample)).returncode == 0
    sink = {"connector.class": f"{_FILE}SinkConnector", "topics": "gps-fixes", "tasks.max": "1"}
    connectors = {
        "writes": {"connector.class": f"{_FILE}SourceConnector", "file": str(tmp_path / "none"), "topic": "gps-fixes"},
        "fails": {**sink, "file": "/dev/null", "value.converter": _UNFIT},
        "reads": {**sink, "file": str(tmp_path / "read")},
    }
    reads = {"connector": "reads", "task": "0"}
    expected = {  # labels by which the queries find and group each series
        FAILED_TASKS: {"connector": "reads"},
        SINK_RATE: reads,
        UNWRITTEN_RECORDS: reads,
        SOURCE_RATE: {"connector": "writes", "task": "0"},
        LAG: {"client_id": "connector-consumer-reads-0", "topic": "gps-fixes"},
    }
    assert set(expected) == set(SCRAPED)
    with run_metrics_worker(instance, connectors, shown=METRICS, folder=tmp_path, env=environment) as page:
        wait_for(lambda: value(parse_samples(page()), FAILED_TASKS, {"connector": "fails"}) == 1)
        wait_for(lambda: value(parse_samples(page()), LAG, expected[LAG]) == 0)  # it has read all there is
        text = page()
    assert [name for name, labels in expected.items() if value(parse_samples(text), name, labels) is None] == []
    assert value(parse_samples(text), FAILED_TASKS, {"connector": "reads"}) == 0
    for name in SCRAPED:  # the queries use the values themselves, not rates
        assert f"# TYPE {name} gauge\n" in text


def value(found: Samples, name: str, labels: dict[str, str]) -> float | None:
    """Return the value of the sample with this name and at least these labels; None if there is none."""
    return next((number for one, have, number in found if one == name and labels.items() <= have.items()), None)
