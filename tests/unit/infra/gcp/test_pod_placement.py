"""Node pools of the pods."""

import re
from typing import Any

from infra.gcp.node_pools import CAPACITY, SPOT, STEADY
from infra.settings.gcp_checks import ON_DEMAND_PARTS
from tests.unit.infra.gcp.conftest import EVERYTHING, cloud
from tests.unit.infra.recording_monitor import Made, walk

PART_OF_JOB = {"load": "jobs", "proof": "jobs"}


def capacities(made: list[Made]) -> dict[str, str]:
    """Pool of each part, from its pods' affinity: the one that it needs, or `preferably` one."""
    found: dict[str, str] = {}
    for entry in made:
        if entry.type.startswith("kubernetes:") and (capacity := _capacity(entry.plain)):
            names = {"KafkaNodePool": "kafka", "KafkaConnect": "connect", "Kafka": "operator", "Release": "operator"}
            found[f"{entry.kind} {names.get(entry.kind, PART_OF_JOB.get(entry.name, entry.name))}"] = capacity
    return found


def _capacity(properties: Any) -> str | None:
    for path, value in walk(properties):
        assert "nodeSelector" not in path
        if path[-1:] == ("matchExpressions",) and value[0]["key"] == CAPACITY:
            assert value[0]["operator"] == "In"
            (pool,) = value[0]["values"]
            return f"preferably {pool}" if "preferredDuringSchedulingIgnoredDuringExecution" in path else pool
    return None


def places(*steady: str) -> dict[str, str]:
    return {part: STEADY if part in steady else f"preferably {SPOT}" for part in ON_DEMAND_PARTS}


def test_only_the_named_parts_need_a_node_that_is_not_interrupted(made: list[Made]) -> None:
    found = capacities(made)
    # Strimzi's operator, and its entity operator, are two pods of one part.
    assert len(found) == len(ON_DEMAND_PARTS) + 1
    assert {name.split()[1]: capacity for name, capacity in found.items()} == places(
        "kafka", "mysql", "redis", "operator"
    )
    assert found["Kafka operator"] == found["Release operator"] == STEADY


def test_a_part_that_has_no_choice_of_nodes_comes_before_the_others(made: list[Made]) -> None:
    (priority,) = (entry for entry in made if entry.kind == "PriorityClass")
    assert priority.plain["value"] > 0
    assert "globalDefault" not in priority.plain
    by_priority: dict[bool, set[str]] = {True: set(), False: set()}
    for entry in made:
        if entry.type.startswith("kubernetes:") and (capacity := _capacity(entry.plain)):
            named = [value for path, value in walk(entry.plain) if path[-1:] == ("priorityClassName",)]
            assert named in ([], [priority.metadata["name"]])
            by_priority[bool(named)].add(capacity)
    assert by_priority == {True: {STEADY}, False: {f"preferably {SPOT}"}}


def test_every_part_can_be_placed() -> None:
    found = capacities(cloud({**EVERYTHING, "nodes.onDemandFor": '["jobs","connect","operator"]'}))
    assert {name.split()[1]: capacity for name, capacity in found.items()} == places("jobs", "connect", "operator")


def test_without_a_spot_pool_everything_runs_on_the_other() -> None:
    made = cloud({**EVERYTHING, "nodes.spotMax": "0"})
    assert [entry.name for entry in made if entry.kind == "NodePool"] == [STEADY]
    assert SPOT not in capacities(made).values()


def test_large_profile_keeps_its_brokers_apart_as_well() -> None:
    made = cloud({**EVERYTHING, "profile": "large", "nodes.onDemandMax": "3", "nodes.machineType": "e2-standard-4"})
    for pool in (entry.plain["spec"]["template"]["pod"] for entry in made if entry.kind == "KafkaNodePool"):
        assert pool["topologySpreadConstraints"]
        assert pool["affinity"]["nodeAffinity"]


def test_parts_that_can_be_placed_are_those_in_the_description_of_the_setting() -> None:
    from infra.settings.declared_settings import read_declarations  # noqa: PLC0415

    said = read_declarations()["nodes.onDemandFor"].description
    assert set(re.split(r"[,.] ?", said.partition(": ")[2])) - {""} == set(ON_DEMAND_PARTS)
