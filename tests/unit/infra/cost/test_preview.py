"""`pulumi preview` says what the stack costs."""

import pulumi
import pytest

from infra.cost.billed_stack import settings_of, shape_of
from infra.cost.cost_report import total
from tests.unit.infra.gcp.conftest import NEEDED, cloud


def test_the_total_is_told_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda text, *_, **__: said.append(text))
    cloud({**NEEDED, "nodes.spotMax": "1"})
    settings = settings_of("gke", ["nodes.spotMax=1"])
    assert said[0] == total(shape_of(settings, pulumi.get_stack()))
    assert "$" in said[0]
