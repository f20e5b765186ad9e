"""Tests of commands in a cluster, with a stand-in for kubectl that runs them on this machine."""

import gzip
import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.cluster.proof_job import PAGE
from tests.unit.sluice.cluster.conftest import Pod, call, command_line

pytestmark = pytest.mark.slow


def test_command_is_run_in_the_pod_with_its_status_and_output(pod: Pod) -> None:
    pod("print(*words); sys.exit(6)")
    status, out = call("messages", "gps-fixes", "--json")
    assert status is Exit.UNAVAILABLE
    assert out == "--target external messages gps-fixes --json\n"


def test_log_is_sent_by_standard_input_with_its_name(pod: Pod) -> None:
    pod("print(words[2:], sys.stdin.read(), os.environ['SLUICE_STDIN_NAME'])")
    Path("gps.csv").write_text("one\ntwo")
    status, out = call("load", "gps", "gps.csv", "--wait", "9")
    assert status is Exit.OK
    assert "['load', 'gps', '-', '--wait', '9', '--rejects', 'gps.rejects.csv'] one\ntwo gps.csv" in out


def test_remote_source_is_fetched_by_the_cluster(pod: Pod) -> None:
    pod("print(words[2:], repr(sys.stdin.read()))")
    assert (
        "['load', 'gps', 'nclt:2012-11-16', '--rejects', 'nclt-2012-11-16-gps.rejects.csv'] ''"
        in call("load", "gps", "nclt:2012-11-16")[1]
    )


def test_folder_of_images_is_sent_as_an_archive_with_its_date_in_the_paths(pod: Pod) -> None:
    pod(
        "import tarfile\n"
        "print(os.environ['SLUICE_STDIN_NAME'])\n"
        "print(*(m.name for m in tarfile.open(fileobj=sys.stdin.buffer, mode='r|') if m.isfile()))"
    )
    folder = Path("2012-11-16/lb3/Cam0")
    folder.mkdir(parents=True)
    (folder / "1.tiff").write_bytes(b"image")
    status, out = call("load", "images", "2012-11-16/lb3")
    assert status is Exit.OK
    assert out.startswith("lb3\n")
    assert out.strip().endswith("2012-11-16/lb3/Cam0/1.tiff")


def test_archive_of_images_is_sent_as_it_is(pod: Pod) -> None:
    pod("print(len(sys.stdin.buffer.read()))")
    with tarfile.open("a.tar.gz", "w:gz") as archive:
        archive.add(__file__, "2012-11-16/lb3/Cam0/1.tiff")
    assert call("load", "images", "a.tar.gz")[1] == f"{Path('a.tar.gz').stat().st_size}\n"


def test_proof_of_images_gets_the_kind_of_its_source(pod: Pod) -> None:
    pod("print(os.environ['SLUICE_STDIN_HOLDS'])")
    Path("2012-11-16").mkdir()
    assert call("proof", "2012-11-16")[1] == "images\n"
    Path("gps.csv").write_text("1,2,3\n")
    assert call("proof", "gps.csv")[1] == "gps\n"


def test_report_is_fetched_to_the_path_given(pod: Pod) -> None:
    pod(
        "name = words[words.index('--output') + 1]\n"
        "open(name, 'w').write('page')\n"
        "print('report:', os.path.abspath(name))"
    )
    Path("gps.csv").write_text("1,2,3\n")
    Path("out").mkdir()
    status, out = call("proof", "gps.csv", "-o", "out/mine.html")
    assert status is Exit.OK
    assert Path("out/mine.html").read_text() == "page"
    assert out == f"report: {Path('out/mine.html').absolute()}\n"


def test_file_named_by_the_command_is_fetched(pod: Pod) -> None:
    pod("open('135.tiff', 'wb').write(b'image')")
    assert call("get", "2012-11-16/Cam0/135")[0] is Exit.OK
    assert Path("135.tiff").read_bytes() == b"image"


def test_existing_file_is_overwritten_only_with_force(pod: Pod) -> None:
    pod("open('135.tiff', 'wb').write(b'new')")
    Path("135.tiff").write_bytes(b"old")
    with pytest.raises(SluiceError, match=r"135\.tiff is there already"):
        call("get", "a/135")
    assert Path("135.tiff").read_bytes() == b"old"
    call("get", "a/135", "--force")
    assert Path("135.tiff").read_bytes() == b"new"


@pytest.mark.parametrize(("lost", "then"), [("cat", "page"), ("ls", "mine.html")])
def test_file_that_cannot_be_fetched_stays_in_the_pod(
    pod: Pod, monkeypatch: pytest.MonkeyPatch, lost: str, then: str
) -> None:
    pod("open('mine.html', 'w').write('page')")
    Path("gps.csv").write_text("1,2,3\n")
    old = f'<meta name="sluice-source" content="{Path("gps.csv").absolute()}">'
    Path("mine.html").write_text(old)
    monkeypatch.setenv("LOST", lost)
    with pytest.raises(SluiceError, match="could not be fetched: connection lost") as caught:
        call("proof", "gps.csv", "-o", "mine.html")
    assert caught.value.status is Exit.UNAVAILABLE
    monkeypatch.delenv("LOST")
    command = str(caught.value).partition("until that ends: ")[2].split()
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip() == then
    assert Path("mine.html").read_text() == old


def test_rejects_file_of_an_earlier_load_is_removed(pod: Pod) -> None:
    pod("")
    Path("gps.csv").write_text("1,2,3\n")
    rejects = Path("gps.rejects.csv")
    rejects.write_text(f"line,reason,row,source\n1,x,y,{Path('gps.csv').absolute()}\n")
    call("load", "gps", "gps.csv")
    assert not rejects.exists()
    rejects.write_text("line,reason,row,source\n1,x,y,/another/gps.csv\n")
    call("load", "gps", "gps.csv")
    assert rejects.exists()


def test_no_source_and_no_file_of_another_source_is_overwritten(pod: Pod) -> None:
    pod("open(words[words.index('--output') + 1], 'w').write('page')")
    Path("gps.csv").write_text("1,2,3\n")
    Path("same.csv").symlink_to("gps.csv")
    for name in ("gps.csv", "same.csv"):
        with pytest.raises(SluiceError, match="is the source itself"):
            call("proof", "gps.csv", "-o", name)
    Path("proof.html").write_text('<meta name="sluice-source" content="/another/gps.csv">')
    call("proof", "gps.csv")
    assert Path("proof.html").read_text() != "page" == Path("proof-2.html").read_text()


def test_pipe_is_read_once_and_sent_completely(pod: Pod) -> None:
    pod("print(os.environ['SLUICE_STDIN_HOLDS'], len(sys.stdin.buffer.read()), os.environ['SLUICE_STDIN_NAME'])")
    log = "".join(f"{number},3,0,0.7,-1.4,264.4,11.3,0.005\n" for number in range(1_000)).encode()
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(__file__, "2012-11-16/lb3/Cam0/1.tiff")
    for content, expected in ((log, f"gps {len(log)} \n"), (packed.getvalue(), f"images {len(packed.getvalue())} \n")):
        reading, writing = os.pipe()
        with open(writing, "wb") as file:
            file.write(content)
        assert call("proof", f"/dev/fd/{reading}")[1] == expected
        os.close(reading)


def test_truncated_source_ends_the_command_with_an_error(pod: Pod) -> None:
    pod(
        "def stop(*_): print('interrupted'); sys.exit(130)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "sys.stdin.read(); print('complete')"
    )
    Path("gps.csv.gz").write_bytes(gzip.compress(os.urandom(100_000).hex().encode())[:50_000])
    with pytest.raises(SluiceError, match="could not be read to its end") as caught:
        call("load", "gps", "gps.csv.gz")
    assert caught.value.status is Exit.INCOMPLETE


def test_missing_pipeline_is_an_error_with_the_reason_of_kubectl(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    pod("")
    monkeypatch.setenv("NO_PIPELINE", "1")
    with pytest.raises(SluiceError, match="namespace here of the context kind-sluice: deployments") as caught:
        call("status")
    assert caught.value.status is Exit.UNAVAILABLE


def test_pipeline_without_a_ready_pod_is_an_error(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    pod("")
    monkeypatch.setenv("READY", "")
    with pytest.raises(SluiceError, match=r"no pod of deployment/toolbox is ready.*scripts/wake") as caught:
        call("status")
    assert caught.value.status is Exit.UNAVAILABLE


def test_missing_kubectl_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SluiceError, match="kubectl is needed"):
        call("status")


def test_interrupt_is_passed_on_and_further_output_is_shown(pod: Pod, tmp_path: Path) -> None:
    pod(
        "import time\n"
        "def stop(*_): print('ended well', flush=True); sys.exit(130)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)"
    )
    root = Path(__file__).resolve().parents[4]
    with subprocess.Popen(
        command_line("status"), stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(2)
        assert process.stdout.read() == "ended well\n"
    assert process.returncode == Exit.INTERRUPTED


def test_report_of_the_clusters_own_proof_is_fetched(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    pod("")
    monkeypatch.setenv("LOG", "3 rows are missing\n<!DOCTYPE html>\n<p>page</p>")
    monkeypatch.setenv("ENDED", "5")
    status, out = call("proof", "-o", "mine.html")
    assert status is Exit.DIFFERENT
    assert out == f"3 rows are missing\nreport: {Path('mine.html').absolute()}\n"
    assert Path("mine.html").read_text() == "<!DOCTYPE html>\n<p>page</p>"


def test_missing_or_running_proof_is_an_error(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    pod("")
    with pytest.raises(SluiceError, match="no proof to fetch: no job proof"):
        call("proof")
    monkeypatch.setenv("LOG", "waiting")
    monkeypatch.setenv("ENDED", "")
    with pytest.raises(SluiceError, match="not ended yet"):
        call("proof")


def test_report_begins_with_the_bytes_searched_for() -> None:
    templates = Path(__file__).resolve().parents[4] / "sluice/proof/shared/templates"
    assert (templates / "base.html.j2").read_bytes().startswith(PAGE)


def test_files_of_dead_letters_are_fetched(pod: Pod) -> None:
    pod("print(words[2:]); open('rows.csv', 'w').write('rows'); open('rows.rest.jsonl', 'w').write('rest')")
    Path("there").mkdir()
    status, out = call("dlq", "write", "there/rows.csv", "--reason", "no number")
    assert status is Exit.OK
    assert "['dlq', 'write', 'rows.csv', '--reason', 'no number']" in out
    assert Path("there/rows.csv").read_text() == "rows"
    assert Path("there/rows.rest.jsonl").read_text() == "rest"
    with pytest.raises(SluiceError, match=r"rows\.csv is there already; --force writes over it"):
        call("dlq", "write", "there/rows.csv")
    pod("open('rows.csv', 'w').write('new')")
    assert call("dlq", "write", "there/rows.csv", "--force")[0] is Exit.OK
    assert Path("there/rows.csv").read_text() == "new"
    assert not Path("there/rows.rest.jsonl").exists()


def test_dead_letters_are_listed_and_sent_in_the_pod(pod: Pod) -> None:
    pod("print(words[2:])")
    assert "['dlq', '--json']" in call("dlq", "--json")[1]
    assert "['dlq', 'send', '--yes']" in call("dlq", "send", "--yes")[1]
