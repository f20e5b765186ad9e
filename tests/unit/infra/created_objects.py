"""Kubernetes objects, pod templates and containers among the resources that the program creates."""

import re
from collections.abc import Iterator
from typing import Any

from tests.unit.infra.recording_monitor import Made

WORKLOADS = {"StatefulSet", "Deployment", "Job"}
_MIB = {"Mi": 1, "Gi": 1024, "m": 1, "g": 1024}


def objects(made: list[Made]) -> list[Made]:
    """The Kubernetes objects among the resources, without Helm releases."""
    return [entry for entry in made if entry.type.startswith("kubernetes:") and entry.kind != "Release"]


def pod_templates(made: list[Made]) -> Iterator[tuple[str, Any]]:
    for entry in objects(made):
        if entry.kind in WORKLOADS:
            yield f"{entry.kind} {entry.name}", entry.plain["spec"]["template"]


def containers(made: list[Made]) -> Iterator[tuple[str, Any]]:
    for name, template in pod_templates(made):
        for container in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]:
            yield f"{name}, container {container['name']}", container


def strimzi_containers(made: list[Made]) -> Iterator[tuple[str, Any]]:
    """The parts of Strimzi's resources that become a container with a JVM."""
    for entry in objects(made):
        spec = entry.plain.get("spec", {})
        if entry.kind in ("KafkaNodePool", "KafkaConnect"):
            yield f"{entry.kind} {entry.name}", spec
        if entry.kind == "Kafka":
            yield "topic operator", spec["entityOperator"]["topicOperator"]
            yield "user operator", spec["entityOperator"]["userOperator"]


def mebibytes(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi|m|g)", text).groups()  # type: ignore[union-attr]
    return int(number) * _MIB[unit]
