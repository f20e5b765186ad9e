"""The broker's cluster id, and the part of its disk that it keeps free."""

from dataclasses import replace
from pathlib import Path

from sluice.local.instance import Instance
from sluice.local.kafka_broker import applied_disk_reserve, new_cluster_id, prepare
from sluice.local.pipeline_spec import PipelineSpec


def test_cluster_id_is_never_taken_for_an_option() -> None:
    drawn = iter([b"\xf8" + bytes(15), bytes(16)])
    assert new_cluster_id(lambda: next(drawn)) == "A" * 22


def test_the_disk_reserve_is_that_of_the_cluster_and_can_be_read_back(tmp_path: Path) -> None:
    instance = Instance.make(tmp_path / "state", port_base=None, workers=1)
    assert applied_disk_reserve(instance) == 0
    (instance.folder("kafka") / "meta.properties").touch()  # formatted already
    spec = PipelineSpec.read()
    assert spec.broker_disk_reserve == 1 << 30
    for reserve in (spec.broker_disk_reserve, 5):
        prepare(instance, spec=replace(spec, broker_disk_reserve=reserve), servers=tmp_path)
        assert applied_disk_reserve(instance) == reserve
    settings = (instance.state / "kafka.properties").read_text(encoding="utf-8").splitlines()
    assert "client.quota.callback.static.excluded.principal.name.list=User:connect;User:registry" in settings
