"""The scripts of k8s/mysql/ are consistent with schemas/ and k8s/connectors/."""

import json
import re
from pathlib import Path

from sluice.local.pipeline_spec import PipelineSpec

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
SPEC = PipelineSpec.read()


def test_table_has_a_column_for_the_key_and_each_field() -> None:
    fields = json.loads((ROOT / "schemas/sluice.GpsFix.avsc").read_text())["fields"]
    script = (K8S / "mysql/10-gps-fixes.sql").read_text()
    columns = re.findall(r"^  ([a-z_]+) +(?:BIGINT|DATETIME|TINYINT|INT|DOUBLE)", script, re.MULTILINE)
    key = next(entry for entry in SPEC.connectors if entry.name == "mysql-sink").config["pk.fields"]
    assert columns == [key, *(field["name"] for field in fields)]


def columns_of(script: str) -> dict[str, str]:
    """Return the columns that a script of k8s/mysql creates: their types by their names."""
    text = (K8S / "mysql" / script).read_text()
    found = re.findall(r"^  ([a-z_]+) +((?:BIGINT|DATETIME|TIMESTAMP|TINYINT|INT|DOUBLE)\S*)", text, re.MULTILINE)
    return dict(found)


def test_table_test_has_the_columns_of_a_fix_and_an_index_on_the_last_change() -> None:
    fix = columns_of("10-gps-fixes.sql")
    del fix["recorded_at"]
    assert columns_of("15-test.sql") == {"id": "BIGINT", **fix, "modified": "TIMESTAMP(6)"}
    assert "INDEX modified_index (modified)" in (K8S / "mysql/15-test.sql").read_text()


def test_passwords_of_database_users_are_placeholders() -> None:
    for path in SPEC.database_scripts:
        for password in re.findall(r"IDENTIFIED BY '([^']*)'", path.read_text()):
            assert re.fullmatch(r"\$\{MYSQL_[A-Z]+_PASSWORD\}", password)
