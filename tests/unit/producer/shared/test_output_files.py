import os
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from producer.shared.output_files import STDIN_SOURCE, UNKNOWN_SOURCE, free_path, refuse_source, replacing, source_id


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "log.csv"
    path.write_text("1,2,3\n")
    return path


def refused(path: str, source: str) -> str:
    with pytest.raises(SluiceError) as caught:
        refuse_source(Path(path), source=source, env={}, option="-o")
    assert caught.value.status is Exit.USAGE
    return str(caught.value)


def test_refuse_source_recognizes_every_path_to_the_source(log: Path, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("log.csv")
    (tmp_path / "hard.csv").hardlink_to(log)
    for name in ("log.csv", str(log), f"../{tmp_path.name}/log.csv", "link.csv", "hard.csv"):
        for source in ("log.csv", "link.csv", "hard.csv", "log.csv::gps.csv"):
            assert "is the source itself; name another file with -o" in refused(name, source)
    refuse_source(Path("other.csv"), source="log.csv", env={}, option="-o")


def test_refuse_source_recognizes_a_file_on_standard_input(log: Path) -> None:
    with log.open("rb") as file:
        assert "is the source itself" in refused("log.csv", f"/dev/fd/{file.fileno()}")


def test_nothing_is_written_into_a_folder_that_is_the_source(log: Path, tmp_path: Path) -> None:
    (tmp_path / "session/Cam0").mkdir(parents=True)
    (tmp_path / "link").symlink_to("session")
    for path in ("session/proof.html", "session/Cam0/x.html", "link/Cam0/new.html"):
        assert "inside the folder that is the source" in refused(path, "session")
    refuse_source(Path("session.html"), source="session", env={}, option="-o")
    refuse_source(Path("session/x.html"), source="session/Cam0", env={}, option="-o")


@pytest.mark.parametrize(
    "source", ["nclt:2012-11-16", "http://127.0.0.1:1/log.csv", "missing.csv", "a\0b", "x" * 5_000]
)
def test_a_remote_or_missing_source_is_never_the_output_file(log: Path, source: str) -> None:
    refuse_source(Path("log.csv"), source=source, env={}, option="-o")


def test_every_path_to_a_source_gives_the_same_id(log: Path, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("log.csv")
    assert source_id("link.csv", env={}) == source_id(str(log), env={}) == os.path.realpath(log)
    assert source_id("log.csv::a/gps.csv", env={}) == f"{os.path.realpath(log)}::a/gps.csv"
    assert source_id("nclt:2012-11-16", env={}) == "nclt:2012-11-16"
    assert source_id("-", env={STDIN_SOURCE: "/a/gps.csv"}) == "/a/gps.csv"
    assert "\\x1b" in source_id("a\x1b\udcff.csv", env={})


def test_the_id_of_a_url_hides_the_query_and_differs_by_query() -> None:
    one, other = (source_id(f"https://me:secret@here/a.csv?token={word}", env={}) for word in ("abc", "abd"))
    assert one != other
    assert one.startswith("https://here/a.csv?")
    assert "abc" not in one
    assert "secret" not in one


def test_the_id_of_a_pipe_is_unknown(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for source in ("-", "/dev/stdin", "/dev/fd/63", str(tmp_path / "fifo"), "/dev/null"):
        assert source_id(source, env={}) == UNKNOWN_SOURCE


def test_a_file_that_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    def source_of(path: Path) -> str | None:
        raise PermissionError

    (tmp_path / "r.csv").write_text("x")
    assert free_path(tmp_path / "r.csv", source="a", source_of=source_of, named_by=None).name == "r-2.csv"


def test_a_file_is_replaced_whole_or_not_at_all(log: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), replacing(log) as file:  # noqa: PT012
        file.write(b"half")
        raise KeyboardInterrupt
    assert (log.read_text(), os.listdir()) == ("1,2,3\n", ["log.csv"])
    with replacing(log) as file:
        file.write(b"all")
    assert (log.read_text(), os.listdir()) == ("all", ["log.csv"])


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("before")
    path.chmod(0o600)
    with replacing(path) as file:
        file.write(b"after")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("after", 0o600)
