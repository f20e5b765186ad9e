"""Passwords: secret in every resource, and present where a pod refers to them."""

import re
from collections.abc import Iterator
from typing import Any

from tests.administrator import USER
from tests.cluster_test_accounts import variables
from tests.unit.infra.created_objects import containers, objects
from tests.unit.infra.recording_monitor import Made, Secret, walk


def test_passwords_are_secret_wherever_they_are(made: list[Made]) -> None:
    for entry in objects(made):
        for path, value in walk(entry.inputs):
            if isinstance(value, str):
                assert "password-of-" not in value, (entry.name, path)


def test_secrets_are_marked_secret(made: list[Made]) -> None:
    secrets = [entry for entry in objects(made) if entry.kind == "Secret"]
    assert {entry.name for entry in secrets} == {"mysql", "mysql-scripts", "redis", "redis-config"}
    for entry in secrets:
        data = entry.inputs["stringData"]
        assert isinstance(data, Secret) or all(isinstance(value, Secret) for value in data.values()), entry.name


def test_only_secrets_hold_secret_values(made: list[Made]) -> None:
    # The name of a Secret taken from an output would make everything that mentions it secret, and unreadable.
    for entry in objects(made):
        if entry.kind != "Secret":
            assert not any(isinstance(value, Secret) for _, value in walk(entry.inputs)), entry.name


def test_containers_get_secrets_by_reference(made: list[Made]) -> None:
    for name, container in [*containers(made), *_connect_containers(made)]:
        for variable in container.get("env", []):
            if re.search(r"PASSWORD$|JAAS|TOKEN", variable["name"]):
                assert variable["valueFrom"]["secretKeyRef"], (name, variable["name"])


def _connect_containers(made: list[Made]) -> Iterator[tuple[str, Any]]:
    for entry in objects(made):
        if entry.kind == "KafkaConnect":
            yield entry.name, entry.plain["spec"]["template"]["connectContainer"]


def test_secrets_that_are_named_are_there_and_have_the_key(made: list[Made]) -> None:
    keys = {entry.name: set(entry.plain["stringData"]) for entry in objects(made) if entry.kind == "Secret"}
    # Strimzi makes these: one for each user, and that of the cluster's authority.
    keys |= {
        entry.metadata["name"]: {"password", "sasl.jaas.config"} for entry in objects(made) if entry.kind == "KafkaUser"
    }
    keys["sluice-cluster-ca-cert"] = {"ca.crt"}
    for entry in objects(made):
        for path, value in walk(entry.plain):
            if path[-1:] == ("secretKeyRef",):
                assert value["key"] in keys[value["name"]], (entry.name, value)
            if path[-1:] == ("secret",):
                assert {item["key"] for item in value.get("items", [])} <= keys[value["secretName"]], entry.name


def test_the_administrator_of_the_tests_finds_its_passwords(made: list[Made]) -> None:
    keys = {entry.name: set(entry.plain["stringData"]) for entry in objects(made) if entry.kind == "Secret"}
    # Strimzi's user operator writes the password of a KafkaUser into a Secret of its name.
    users = (entry.metadata["name"] for entry in objects(made) if entry.kind == "KafkaUser")
    keys |= {user: {"password"} for user in (USER, f"{USER}-mysql", *users)}
    for variable in variables():
        reference = variable["valueFrom"]["secretKeyRef"]
        assert reference["key"] in keys[reference["name"]], variable["name"]
