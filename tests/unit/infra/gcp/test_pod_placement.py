"""Which nodes the pods run on."""

import re
from typing import Any

from infra.gcp.node_pools import CAPACITY, SPOT, STEADY
from infra.settings.gcp_checks import ON_DEMAND_PARTS
from tests.unit.infra.engine import Made, walk
from tests.unit.infra.gcp.conftest import EVERYTHING, cloud

PART_OF_JOB = {"load": "jobs", "proof": "jobs"}


def capacities(made: list[Made]) -> dict[str, str]:
    """Where each part runs, by what its pods ask of a node."""
    found: dict[str, str] = {}
    for entry in made:
        if entry.type.startswith("kubernetes:") and (capacity := _capacity(entry.plain)):
            names = {"KafkaNodePool": "kafka", "KafkaConnect": "connect", "Kafka": "operator", "Release": "operator"}
            found[f"{entry.kind} {names.get(entry.kind, PART_OF_JOB.get(entry.name, entry.name))}"] = capacity
    return found


def _capacity(properties: Any) -> str | None:
    for path, value in walk(properties):
        if path[-1:] == ("nodeSelector",):
            return value[CAPACITY]
        if path[-1:] == ("matchExpressions",) and value[0]["key"] == CAPACITY:
            return value[0]["values"][0]
    return None


def test_only_what_is_named_runs_on_nodes_that_are_not_taken_back(made: list[Made]) -> None:
    found = capacities(made)
    assert {name.split()[1] for name in found} == set(ON_DEMAND_PARTS)
    for name, capacity in found.items():
        assert capacity == (STEADY if name.split()[1] in ("kafka", "mysql", "redis") else SPOT), name


def test_everything_can_be_told_where_to_run() -> None:
    found = capacities(cloud({**EVERYTHING, "nodes.onDemandFor": '["jobs","connect","operator"]'}))
    for name, capacity in found.items():
        assert capacity == (STEADY if name.split()[1] in ("jobs", "connect", "operator") else SPOT), name


def test_large_profile_keeps_its_brokers_apart_as_well() -> None:
    made = cloud({**EVERYTHING, "profile": "large", "nodes.onDemandMax": "3", "nodes.machineType": "e2-standard-4"})
    for pool in (entry.plain["spec"]["template"]["pod"] for entry in made if entry.kind == "KafkaNodePool"):
        assert pool["topologySpreadConstraints"]
        assert pool["affinity"]["nodeAffinity"]


def test_parts_that_can_be_placed_are_those_in_the_description_of_the_setting() -> None:
    from infra.settings.declared_settings import read_declarations  # noqa: PLC0415

    said = read_declarations()["nodes.onDemandFor"].description
    assert set(re.split(r"[,.] ?", said.partition(": ")[2])) - {""} == set(ON_DEMAND_PARTS)
