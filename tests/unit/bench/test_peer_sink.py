"""Debezium's JDBC sink, the peer of mysql-sink, is downloaded for the benchmarks alone."""

import re

from sluice.local.pipeline_spec import ROOT

ARTIFACT = "debezium-connector-jdbc"


def test_the_peer_is_no_plugin_of_the_pipeline() -> None:
    assert ARTIFACT not in (ROOT / "connect/pom.xml").read_text()


def test_the_peer_is_pinned_by_its_checksum() -> None:
    pom = (ROOT / "tests/bench/pom.xml").read_text()
    version = re.search(r"<debezium.jdbc.version>(.+)</", pom)
    assert ARTIFACT in pom
    assert version
    archive = f"io/debezium/{ARTIFACT}/{version[1]}/{ARTIFACT}-{version[1]}-plugin.tar.gz"
    pinned = (ROOT / ".mvn/checksums/checksums.sha256").read_text().splitlines()
    assert [line for line in pinned if line.endswith(f"  {archive}")]
