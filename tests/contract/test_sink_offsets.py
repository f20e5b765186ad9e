"""The sinks keep their offsets in their stores, where `sluice status` and `sluice get` leave them out."""

from pathlib import Path

from sluice.local.pipeline_spec import PipelineSpec
from sluice.view import store_status

K8S = Path(__file__).resolve().parents[2] / "k8s"


def test_sinks_keep_their_offsets_where_status_looks_for_them() -> None:
    settings = {entry.name: entry.config for entry in PipelineSpec.read().connectors}
    key = settings["redis-sink"]["redis.offsets.key"]
    assert key == store_status.OFFSETS_KEY + "${connector}"
    assert settings["redis-sink"]["redis.database"] == str(store_status.IMAGES_DATABASE)
    assert settings["mysql-sink"]["offsets.table"] == store_status.OFFSETS_TABLE
    script = (K8S / "mysql/12-sluice-offsets.sql").read_text()
    assert f"CREATE TABLE IF NOT EXISTS myDB.{store_status.OFFSETS_TABLE} (" in script
