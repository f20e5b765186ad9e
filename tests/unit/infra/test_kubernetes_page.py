"""docs/kubernetes.md matches the program: its picture, its settings, its files."""

import re

from infra.settings.declared_settings import ROOT, read_declarations
from infra.workloads import network_policies

PAGE = (ROOT / "docs/kubernetes.md").read_text()


def test_picture_shows_the_flows() -> None:
    drawn = set[tuple[str, str, int]]()
    for sources, ports, target in re.findall(r"^  ([a-z& -]+) -- ([\d, ]+) --> ([a-z-]+)$", PAGE, re.MULTILINE):
        drawn |= {(source, target, int(port)) for source in sources.split(" & ") for port in ports.split(", ")}
    flows = network_policies.flows(collector=True)
    allowed = {(flow.source, flow.target, port) for flow in flows for port in flow.ports}
    assert drawn == allowed


def test_settings_that_the_page_names_exist() -> None:
    groups = {name.partition(".")[0] for name in read_declarations() if "." in name}
    named = set(re.findall(rf"\b((?:{'|'.join(groups)})\.[a-zA-Z]+)\b", PAGE)) - {"images.NAME", "proof.html"}
    named = {name for name in named if not name.endswith((".yaml", ".io"))}
    assert {"load.source", "strimzi.chart"} <= named
    assert named <= read_declarations().keys()


def test_files_that_the_page_names_exist() -> None:
    for name in re.findall(r"`((?:k8s|infra|scripts|connect|docs|\.github)/[\w./*-]*)`", PAGE):
        assert list(ROOT.glob(name.replace("NAME", "*"))), name
