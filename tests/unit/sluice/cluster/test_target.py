"""Targets that are clusters, and their kubectl contexts."""

from pathlib import Path

import pytest

from producer.runtime.exit_status import SluiceError
from sluice.cluster.target import is_cluster, kubectl_context


def test_targets_name_contexts_of_kubectl() -> None:
    assert kubectl_context("kind") == "kind-sluice"
    assert kubectl_context("context:a@b/c") == "a@b/c"
    assert is_cluster("gke")
    assert not is_cluster("local")
    assert not is_cluster("external")
    assert not is_cluster("context:")


def test_context_of_gke_is_what_pulumi_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SluiceError, match="pulumi is not on the PATH"):
        kubectl_context("gke")
    pulumi = tmp_path / "pulumi"
    pulumi.write_text("#!/bin/sh\necho gke_lab_us-central1-a_sluice\n")
    pulumi.chmod(0o755)
    assert kubectl_context("gke") == "gke_lab_us-central1-a_sluice"
    pulumi.write_text("#!/bin/sh\necho no stack named gke >&2; exit 1\n")
    with pytest.raises(SluiceError, match="no stack named gke"):
        kubectl_context("gke")
