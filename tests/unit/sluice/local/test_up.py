"""`sluice up`: the endpoints file, and folders that are refused."""

import subprocess
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.up import rename_former_files, shell_assignments, up


def test_shell_reads_the_variables_as_they_are() -> None:
    odd = "/home/a b,'ö' \"$HOME\" `x` \\ #1\nz/ca.pem"
    code = shell_assignments({"SLUICE_CA_FILE": odd}) + 'printf %s "$SLUICE_CA_FILE"'
    assert subprocess.run(["sh", "-c", code], capture_output=True, text=True, check=True).stdout == odd


def test_endpoints_file_of_a_former_version_is_renamed(tmp_path: Path) -> None:
    (tmp_path / "place.env").write_text("SLUICE_MYSQL_PORT=1\n")
    rename_former_files(tmp_path)
    rename_former_files(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["endpoints.env"]
    assert (tmp_path / "endpoints.env").read_text() == "SLUICE_MYSQL_PORT=1\n"


@pytest.mark.parametrize("odd", ["STATE", "CACHE"])
def test_folder_that_cannot_be_is_refused_before_anything_is_fetched(tmp_path: Path, odd: str) -> None:
    said: list[str] = []
    folders = {"STATE": tmp_path / "state", "CACHE": tmp_path / "cache", odd: tmp_path / "\udcf6"}
    env = {"SLUICE_CACHE": str(folders["CACHE"])}
    with pytest.raises(SluiceError, match=f"not UTF-8.*SLUICE_{odd}=DIR") as error:
        up(folders["STATE"], port_base=None, workers=None, env=env, say=said.append)
    assert error.value.status is Exit.USAGE
    assert said == []
    assert not (tmp_path / "cache").exists()
