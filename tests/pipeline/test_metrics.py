"""The metrics that Google Cloud's alerts and dashboard ask for are those that Connect shows with Strimzi's reporter."""

from pathlib import Path

from infra.gcp.metrics import COMMITS, FAILED_TASKS, LAG, SCRAPED, SOURCED, SUNK
from local.instance import Instance
from tests.pipeline.reporter import Series, reported, series
from tests.support import Sluice, wait_for

_FILE = "org.apache.kafka.connect.file.FileStream"
_CONVERTERS = "org.apache.kafka.connect"
# Which series the queries find, and by which labels they group them.
_TASK = {"connector": "reads", "task": "0"}
_EXPECTED = {
    FAILED_TASKS: {"connector": "reads"},
    SUNK: _TASK,
    COMMITS: _TASK,
    SOURCED: {"connector": "writes", "task": "0"},
    LAG: {"client_id": "connector-consumer-reads-0", "topic": "gps-fixes"},
}


def test_each_metric_is_there_and_one_of_a_failed_task(
    instance: Instance, environment: dict[str, str], sluice: Sluice, sample: Path, tmp_path: Path
) -> None:
    assert sluice("load", "gps", str(sample)).returncode == 0
    sink = {"connector.class": f"{_FILE}SinkConnector", "topics": "gps-fixes", "tasks.max": "1"}
    connectors = {
        "reads": {**sink, "file": str(tmp_path / "read")},
        # The rows are Avro.
        "fails": {**sink, "file": "/dev/null", "value.converter": f"{_CONVERTERS}.json.JsonConverter"},
        "writes": {"connector.class": f"{_FILE}SourceConnector", "file": str(tmp_path / "none"), "topic": "gps-fixes"},
    }
    with reported(instance, connectors, folder=tmp_path, env=environment) as page:
        wait_for(lambda: value(series(page()), FAILED_TASKS, {"connector": "fails"}) == 1)
        wait_for(lambda: all(value(series(page()), name, labels) is not None for name, labels in _EXPECTED.items()))
        text = page()
    assert value(series(text), FAILED_TASKS, {"connector": "reads"}) == 0
    assert set(SCRAPED) == set(_EXPECTED)
    for name in SCRAPED:  # the queries take each value as it is, and ask for no rate
        assert f"# TYPE {name} gauge\n" in text


def value(found: Series, name: str, labels: dict[str, str]) -> float | None:
    """The sample of this name with these labels among its own."""
    return next((number for one, have, number in found if one == name and labels.items() <= have.items()), None)
