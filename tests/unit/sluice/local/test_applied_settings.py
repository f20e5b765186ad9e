"""`sluice up` reports servers' settings that have changed since their last start."""

from dataclasses import replace
from pathlib import Path

import pytest

from sluice.local.applied_settings import changed_settings, save_settings
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import PipelineSpec


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(state=tmp_path, port_base=20_000, workers=1)


def test_a_setting_that_differs_from_the_last_start_is_reported(instance: Instance) -> None:
    spec = PipelineSpec.read()
    assert changed_settings(instance, spec) == [], "there was no earlier start"
    save_settings(instance, spec)
    assert changed_settings(instance, spec) == []
    now = replace(spec, broker={**spec.broker, "num.partitions": "7"})
    assert [drift.text for drift in changed_settings(instance, now)] == ["broker: num.partitions is now 7"]


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"broker": 1}', "\xff"])
def test_a_damaged_settings_file_counts_as_missing(instance: Instance, damaged: str) -> None:
    (instance.state / "applied.json").write_bytes(damaged.encode("latin-1"))
    assert changed_settings(instance, PipelineSpec.read()) == []
