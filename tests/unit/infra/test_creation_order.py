"""Order in which resources are created, in each profile; they are deleted in reverse."""

import re
from collections.abc import Mapping

import pytest

from tests.unit.infra.created_objects import objects
from tests.unit.infra.recording_monitor import Made

ORDER = [
    # what comes later (and is deleted first), what it needs
    ("KafkaConnector", "KafkaConnect"),
    ("KafkaConnect", "KafkaUser"),
    ("KafkaConnect", "KafkaTopic"),
    ("KafkaConnect", "StatefulSet"),
    ("KafkaConnect", "Secret"),
    ("KafkaUser", "Kafka"),
    ("KafkaTopic", "Kafka"),
    ("Kafka", "KafkaNodePool"),
    ("KafkaNodePool", "Release"),
    ("Release", "NetworkPolicy"),
    ("Release", "ResourceQuota"),
    ("StatefulSet", "NetworkPolicy"),
    ("StatefulSet", "Secret"),
    ("Job", "KafkaConnector"),
    ("NetworkPolicy", "Namespace"),
    ("Secret", "Namespace"),
]


@pytest.mark.parametrize(("later", "needed"), ORDER)
def test_order_lets_everything_be_created_and_deleted(made: list[Made], later: str, needed: str) -> None:
    plain = [entry for entry in made if not entry.is_component]
    by_urn = {entry.urn: entry for entry in plain}
    firsts = {entry.urn for entry in plain if entry.kind == needed}
    assert firsts
    for entry in plain:
        if entry.kind == later:
            wanted = (
                _of_the_same_store(entry, firsts, by_urn) if (later, needed) == ("StatefulSet", "Secret") else firsts
            )
            assert wanted <= _all_before(entry, by_urn), entry.name


def _of_the_same_store(entry: Made, urns: set[str], by_urn: Mapping[str, Made]) -> set[str]:
    return {urn for urn in urns if by_urn[urn].name.startswith(entry.name)}


def _all_before(entry: Made, by_urn: Mapping[str, Made]) -> set[str]:
    found, left = set[str](), list(entry.dependencies)
    while left:
        urn = left.pop()
        if urn in by_urn and urn not in found:
            found.add(urn)
            left += by_urn[urn].dependencies
    return found


def test_proof_comes_after_the_load(made: list[Made]) -> None:
    jobs = {entry.name: entry for entry in made if entry.kind == "Job"}
    assert jobs["load"].urn in jobs["proof"].dependencies


def test_waits_have_a_limit(made: list[Made]) -> None:
    for entry in objects(made):
        waits = entry.plain["metadata"].get("annotations", {}).get("pulumi.com/waitFor")
        if entry.kind == "KafkaNodePool":
            assert waits is None  # it has no condition of its own: the wait would never end
        elif entry.type.startswith("kubernetes:kafka.strimzi.io/"):
            assert waits == "condition=Ready"
            assert re.fullmatch(r"\d+m", entry.wait_create)


def test_everything_is_on_the_cluster_that_the_settings_name(made: list[Made]) -> None:
    (provider,) = (entry for entry in made if entry.type == "pulumi:providers:kubernetes")
    assert provider.inputs["context"] == "kind-sluice"
    for entry in [*objects(made), *(entry for entry in made if entry.kind == "Release")]:
        assert entry.provider.startswith(provider.urn), entry.name
