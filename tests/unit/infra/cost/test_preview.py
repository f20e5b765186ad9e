"""`pulumi preview` prints what the stack costs."""

import pulumi
import pytest

from infra.cost.billed_resources import count_billed_resources
from infra.cost.cost_report import summary_line
from infra.cost.stack_file import read_stack_settings
from tests.unit.infra.gcp.conftest import NEEDED, cloud


def test_the_total_is_printed_before_anything_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda text, *_, **__: printed.append(text))
    cloud({**NEEDED, "nodes.spotMax": "1"})
    settings = read_stack_settings("gke", ["nodes.spotMax=1"])
    assert printed[0] == summary_line(count_billed_resources(settings, pulumi.get_stack()))
    assert "$" in printed[0]
