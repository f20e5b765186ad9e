"""Whatever writes a file, in a file system that is mounted read-only: a sentence, or nothing where none is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

MOUNTED = 'mount -t tmpfs -o ro none "$0" && cd "$0" && exec "$@"'
BEGIN = """
import os
from pathlib import Path
from producer.runtime.exit_status import SluiceError
def attempt(write):
    try:
        write()
    except SluiceError as error:
        print(error)
"""
WRITERS = {
    "nothing rejected": (
        "from producer.shared.rejects_file import RejectFile",
        "RejectFile(Path('r.csv')).remove_old()",
    ),
    "a reject": (
        "from producer.shared.rejects_file import RejectFile; from producer.gps.check_rows import RowReject; "
        "from producer.gps.reject_reasons import RowReason",
        "RejectFile(Path('r.csv')).write([RowReject(1, RowReason.COLUMNS, b'x', 1)])",
    ),
    "the report's folder": (
        "from argparse import Namespace; from sluice.proof.shared.proof_arguments import check_output",
        "check_output(Namespace(output=Path('proof.html'), source='gps.csv'), env={})",
    ),
    "the report": ("from sluice.proof.shared.report_file import write_report", "write_report('x', Path('proof.html'))"),
    "an image": (
        "from sluice.proof.images.get_command import _write_file",
        "_write_file(Path('a.jpg'), b'x', force=False)",
    ),
    "what the pod has written": (
        "from sluice.cluster.toolbox_pod import Toolbox",
        "Toolbox(context='x').fetch('r.csv', Path('r.csv'))",
    ),
    "rows to sort": (
        "from sluice.proof.gps.external_sort import SortedFixes; from producer.gps.parse_row import GpsFix",
        "SortedFixes(run_rows=1).add(GpsFix(1, 3, 0, 0.7, -1.4, None, None, None))",
    ),
    "fonts of the charts": (
        "from argparse import Namespace; from sluice.proof.command import _prove",
        "_prove(Namespace(source=os.__file__), env={}, console=None, endpoints=None)",
    ),
    "the utimes loaded": ("from producer.gps.duplicate_keys import UtimeSet", "UtimeSet()"),
}
"""What is imported, and the call that writes."""


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The beginning of a command that runs in a read-only file system, with no other folder for temporary files."""
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTED, str(tmp_path_factory.mktemp("read-only"))]
    try:
        done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("a read-only file system needs unshare, which this machine has not")
    if done.returncode:
        pytest.skip(f"this machine lets nobody mount a read-only file system: {done.stderr.strip()}")
    return command


@pytest.mark.parametrize("what", WRITERS)
def test_what_cannot_be_written_is_said(what: str, mounted: list[str]) -> None:
    imports, call = WRITERS[what]
    code = f"{BEGIN}\n{imports}\nimport tempfile; tempfile.tempdir = '.'\nattempt(lambda: {call})"
    here = ["HOME=.", "XDG_CONFIG_HOME=.", "XDG_CACHE_HOME=.", f"PYTHONPATH={Path(__file__).resolve().parents[2]}"]
    command = [*mounted, "env", *here, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    sentences = ("Read-only file system", "its folder is read-only", "writable cache directory")
    assert any(sentence in done.stdout for sentence in sentences) is (what != "nothing rejected")
