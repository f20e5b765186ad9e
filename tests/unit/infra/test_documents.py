"""What docs/kubernetes.md says is what the program does; what Renovate reads is what is pinned."""

import json
import re

from infra.settings.declared_settings import ROOT, read_declarations
from infra.settings.versions import BUILD_IMAGES, IMAGES, KIND_NODE, STRIMZI_CHART
from infra.workloads import network_policies

PAGE = (ROOT / "docs/kubernetes.md").read_text()


def test_picture_shows_the_flows() -> None:
    drawn = set[tuple[str, str, int]]()
    for sources, ports, target in re.findall(r"^  ([a-z& -]+) -- ([\d, ]+) --> ([a-z-]+)$", PAGE, re.MULTILINE):
        drawn |= {(source, target, int(port)) for source in sources.split(" & ") for port in ports.split(", ")}
    allowed = {(flow.source, flow.target, port) for flow in network_policies.flows(console=True) for port in flow.ports}
    assert drawn == allowed


def test_settings_that_the_page_names_exist() -> None:
    groups = {name.partition(".")[0] for name in read_declarations() if "." in name}
    named = set(re.findall(rf"\b((?:{'|'.join(groups)})\.[a-zA-Z]+)\b", PAGE)) - {"images.NAME", "proof.html"}
    named = {name for name in named if not name.endswith((".yaml", ".io"))}
    assert {"load.source", "console.enabled", "strimzi.chart"} <= named
    assert named <= read_declarations().keys()


def test_files_that_the_page_names_exist() -> None:
    for name in re.findall(r"`((?:k8s|infra|scripts|connect|docs|\.github)/[\w./*-]*)`", PAGE):
        assert list(ROOT.glob(name.replace("NAME", "*"))), name


def test_renovate_finds_every_pin() -> None:
    text = (ROOT / "infra/settings/versions.py").read_text()
    managers = json.loads((ROOT / "renovate.json").read_text())["customManagers"]
    patterns = [re.compile(manager["matchStrings"][0].replace("(?<", "(?P<")) for manager in managers]
    found = {f"{match['depName']}:{match['currentValue']}" for pattern in patterns for match in pattern.finditer(text)}
    pins = {*IMAGES.values(), *BUILD_IMAGES.values(), KIND_NODE.partition("@")[0]}
    assert found == pins | {f"quay.io/strimzi-helm/strimzi-kafka-operator:{STRIMZI_CHART}"}
