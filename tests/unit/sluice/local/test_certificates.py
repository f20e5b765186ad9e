"""Certificates of an instance."""

from pathlib import Path

from sluice.local.certificates import make_certificates
from sluice.local.instance import Instance


def test_certificates_are_created_once(tmp_path: Path) -> None:
    instance = Instance.make(tmp_path, port_base=None, workers=1)
    make_certificates(instance)
    first = (tmp_path / "tls/broker.pem").read_text()
    make_certificates(instance)
    assert (tmp_path / "tls/broker.pem").read_text() == first
