"""Reports of proofs: served alone, and only if they are what was noted."""

import os
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.access import TOKEN_HEADER, AccessControl
from sluice.console.proofs_view import list_proofs, read_report, routes
from sluice.proof.shared.proof_notes import ProofNote, ProofNotes
from tests.unit.sluice.console.fake_pipeline import FakePipeline

HEADERS = {TOKEN_HEADER: "t", "Host": "127.0.0.1:80"}
REPORT = '<!DOCTYPE html><meta name="sluice-source" content="/x.csv"><script>fetch("/api/proofs")</script>'


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "proof.html"
    path.write_text(REPORT, encoding="utf-8")
    return path


def note_of(path: Path | None) -> ProofNote:
    return ProofNote.make(source="x.csv", status=Exit.OK, headline="All is there.", seconds=1, report=path)


def test_a_report_is_served_in_a_sandbox(tmp_path: Path, report: Path):
    pipeline = FakePipeline(tmp_path / "proofs")
    note = note_of(report)
    ProofNotes(pipeline.folder).add(note)
    application = AccessControl(Starlette(routes=routes(pipeline)), token="t", port=80)
    with TestClient(
        application, base_url="http://127.0.0.1:80", headers={TOKEN_HEADER: "t", "Host": "127.0.0.1:80"}
    ) as client:
        answer = client.get(f"/api/proofs/{note.identity}/report")
        other = client.get("/api/proofs/x/report")
    assert answer.text == REPORT
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow" not in policy
    assert "script" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert other.status_code == 404
    assert "sandbox" not in other.headers["content-security-policy"]


def test_a_report_that_was_changed_since_is_not_shown(report: Path):
    note = note_of(report)
    assert read_report(note) == REPORT.encode()
    report.write_text(REPORT + " ", encoding="utf-8")
    with pytest.raises(SluiceError, match="not there any more"):
        read_report(note)


def test_what_is_no_report_is_not_shown(tmp_path: Path):
    secret, pipe = tmp_path / "id_rsa", tmp_path / "pipe"
    secret.write_text("secret", encoding="utf-8")
    os.mkfifo(pipe)
    for path, why in (
        (secret, "no report of a proof"),
        (pipe, "it is no file"),
        (None, "no report was written"),
    ):
        with pytest.raises(SluiceError, match=why):
            read_report(note_of(path))


def test_the_list_says_whether_a_report_is_there(tmp_path: Path, report: Path):
    pipeline = FakePipeline(tmp_path / "proofs")
    for path in (None, report):
        ProofNotes(pipeline.folder).add(note_of(path))
    shown = list_proofs(pipeline)["proofs"]
    assert [(proof["there"], proof["own"]) for proof in shown] == [(True, False), (False, False)]
    report.unlink()
    assert not any(proof["there"] for proof in list_proofs(pipeline)["proofs"])


def test_the_folder_of_another_user_is_said_and_its_notes_are_not_shown(tmp_path: Path):
    folder = tmp_path / "proofs"
    ProofNotes(folder).add(note_of(None))
    folder.chmod(0o777)
    with pytest.raises(SluiceError, match="not a folder that only you can use"):
        list_proofs(FakePipeline(folder))
    with TestClient(Starlette(routes=routes(FakePipeline(folder)))) as client:
        answer = client.get("/api/proofs/x/report")
    assert (answer.status_code, "only you can use" in answer.text) == (404, True)
