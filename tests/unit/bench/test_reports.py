"""What the benchmarks send and say, without the servers."""

import json
import struct
from dataclasses import replace
from typing import Any

import pytest

from producer.gps.encode_row import schema_text
from tests.bench.drain_backlog import DrainResult
from tests.bench.formats import FORMATS, Format, Record, Schema, connect_schema
from tests.bench.measurement import Figures, Measurement, Report, side_by_side
from tests.bench.schema_changes import CHANGES, Change
from tests.bench.startup_and_memory import Start, compare_with_floor

SCHEMA: Schema = json.loads(schema_text())
RECORD: Record = {
    "recorded_at": 1_353_000_000_000_000,
    "fix_mode": 3,
    "satellites": 0,
    "latitude": 0.738,
    "longitude": -1.461,
    "altitude": None,
    "track": 12.5,
    "speed": 1.3,
}
NO_REGISTRY: Any = None


def format_(name: str) -> Format:
    return next(entry for entry in FORMATS if entry.name == name)


def test_json_carries_a_schema_with_a_type_for_every_field_of_its_payload() -> None:
    message = json.loads(format_("JSON with schema").serialiser(SCHEMA, "topic", NO_REGISTRY)(RECORD))
    assert message["payload"] == RECORD
    assert [field["field"] for field in message["schema"]["fields"]] == list(RECORD)


def test_json_schema_says_what_the_avro_schema_says() -> None:
    fields = {field["field"]: field for field in connect_schema(SCHEMA)["fields"]}
    assert fields["recorded_at"] == {
        "field": "recorded_at",
        "type": "int64",
        "optional": False,
        "name": "io.debezium.time.MicroTimestamp",
    }
    assert fields["speed"] == {"field": "speed", "type": "double", "optional": True}


def test_text_and_bytes_hold_every_value_in_order() -> None:
    text = format_("String").serialiser(SCHEMA, "topic", NO_REGISTRY)(RECORD)
    assert text == b"1353000000000000,3,0,0.738,-1.461,nan,12.5,1.3"
    packed = struct.unpack(">qii5d", format_("ByteArray").serialiser(SCHEMA, "topic", NO_REGISTRY)(RECORD))
    assert packed[:5] == (1_353_000_000_000_000, 3, 0, 0.738, -1.461)
    assert packed[6:] == (12.5, 1.3)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.what)
def test_a_change_alters_schema_and_record_alike(change: Change) -> None:
    schema, record = change.schema(SCHEMA), change.record(RECORD)
    assert [field["name"] for field in schema["fields"]] == list(record)
    assert schema["fields"] != SCHEMA["fields"]


def test_a_report_becomes_an_object_with_a_list_for_each_table() -> None:
    figures = Figures(title="sizes", columns=("converter", "bytes"), rows=(("Avro", 56), ("String", 72)))
    report = Report(name="converters", tables=(figures,))
    assert report.as_json() == {"sizes": [{"converter": "Avro", "bytes": 56}, {"converter": "String", "bytes": 72}]}
    assert json.loads(json.dumps(report.as_json())) == report.as_json()


def test_a_measurement_becomes_an_object_with_its_ratio_and_its_own_table() -> None:
    figures = Figures(title="CPU", columns=("process", "s"), rows=(("kafka", 1.5),))
    bare = Measurement(name="start", ours=3.0, peer=2.0, unit="s", ratio=1.5, goal="at most 1.2", what="the floor")
    assert bare.as_json() == {"ours": 3.0, "peer": 2.0, "unit": "s", "ratio": 1.5, "goal": "at most 1.2"} | {
        "what": "the floor"
    }
    with_table: Any = replace(bare, figures=figures).as_json()
    assert with_table.pop("CPU") == [{"process": "kafka", "s": 1.5}]
    assert with_table == bare.as_json()


def test_two_programs_run_in_turn_and_the_table_is_made_of_all_their_rounds() -> None:
    order: list[str] = []
    measured = side_by_side(
        lambda: float(order.append("ours") or 6),
        lambda: float(order.append("peer") or 3),
        name="n",
        unit="u",
        goal="g",
        what="w",
        rounds=2,
        figures=lambda: Figures(title="rounds", columns=("number",), rows=((len(order),),)),
    )
    assert order == ["ours", "peer"] * 3
    assert (measured.ratio, measured.figures) == (2.0, Figures(title="rounds", columns=("number",), rows=((6,),)))


def test_the_floor_of_a_start_is_the_cpu_time_of_all_processes_on_all_cores() -> None:
    starts = [Start(seconds=seconds, cpu={"kafka": 3.0, "connect": seconds}) for seconds in (9.0, 5.0, 7.0)]
    measured = compare_with_floor(starts, cores=2)
    assert (measured.ours, measured.peer, measured.ratio) == (7.0, 5.0, 1.4)
    assert measured.figures is not None
    assert measured.figures.rows == (("connect", 7.0), ("kafka", 3.0), ("all", 10.0))


def test_a_process_costs_its_cores_divided_by_the_rate() -> None:
    result = DrainResult(rate=200_000, cores={"connect": 0.3}, tasks="connect-1: 0 1")
    assert result.microseconds_per_row("connect") == pytest.approx(1.5)
