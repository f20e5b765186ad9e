"""What is downloaded is pinned: actions by commit, files by checksum, images as Renovate reads them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings import versions
from infra.supply_chain.pins import image_pin
from sluice.local.maven import MAVEN_SHA512

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
DOCKERFILES = sorted(path for path in ROOT.rglob("Dockerfile") if ".venv" not in path.parts)
NOT_PINNED_YET = {"pulumi/actions@v6"}
"""Actions whose commit could not be asked for; Renovate pins them (helpers:pinGitHubActionDigestsToSemver)."""
USES = re.compile(r"^\s*-?\s*uses: (\S+)(?: # (\S+))?$", re.MULTILINE)
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_a_commit_with_its_version(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = USES.findall(text)
    assert len(used) == text.count("uses:")
    for action, version in used:
        if action not in NOT_PINNED_YET:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r"v\d+\.\d+\.\d+", version), action


def test_one_action_has_one_commit_and_the_list_of_the_others_is_not_longer_than_needed() -> None:
    used = {action for path in WORKFLOWS for action, _ in USES.findall(path.read_text(encoding="utf-8"))}
    assert used >= NOT_PINNED_YET
    assert len({action.partition("@")[0] for action in used}) == len(used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_keeps_no_credentials(path: Path) -> None:
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            # A text that somebody else chooses, such as a branch's name, would be run by the shell.
            assert "${{" not in step.get("run", "")
    triggers = workflow[True]  # YAML reads the key `on` so
    assert "pull_request_target" not in triggers
    assert "workflow_run" not in triggers


def renovate() -> dict[str, Any]:
    return json.loads((ROOT / "renovate.json").read_bytes())


def test_renovate_pins_images_and_actions_by_digest() -> None:
    assert {"docker:pinDigests", "helpers:pinGitHubActionDigestsToSemver"} <= set(renovate()["extends"])


def images() -> list[str]:
    return [*versions.IMAGES.values(), *versions.BUILD_IMAGES.values(), versions.KIND_NODE]


@pytest.mark.parametrize("pinned", [False, True])
def test_renovate_reads_every_image_with_and_without_a_digest(pinned: bool) -> None:
    text = (ROOT / "infra/settings/versions.py").read_text(encoding="utf-8")
    for image in images():
        assert f'"{image}"' in text
        if pinned and "@" not in image:
            text = text.replace(f'"{image}"', f'"{image}@{DIGEST}"')
    (pattern,) = renovate()["customManagers"][0]["matchStrings"]
    found = [match.groupdict() for match in re.finditer(pattern.replace("(?<", "(?P<"), text)]
    expected = {image.partition("@")[0] for image in images()}
    assert {f"{match['depName']}:{match['currentValue']}" for match in found} == expected
    assert all(match["currentDigest"] for match in found) or not pinned
    for image in images():
        assert image_pin(f"{image.partition('@')[0]}@{DIGEST}").sha256


def test_nothing_is_downloaded_without_a_checksum() -> None:
    assert len(MAVEN_SHA512) == 128
    config = (ROOT / ".mvn/maven.config").read_text(encoding="utf-8")
    assert "trustedChecksums.failIfMissing=true" in config
    assert not re.search(r"trustedChecksums=false", config)
    for path in DOCKERFILES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(curl|wget|git clone)\b|^ADD ", text, re.MULTILINE), path
        for line in re.findall(r"pip install .*", text):
            assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(line.split()), line
        assert "mvn" not in text or "COPY .mvn/ .mvn/" in text
    for path in [*(ROOT / "scripts").iterdir(), *WORKFLOWS, ROOT / ".ci/run"]:
        if path.is_dir() or path.name == "lock":  # which takes the checksums
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(curl|wget|git clone|npx|npm install)\b", text), path
        for line in re.findall(r"pip(?:\"|')? install .*(?:\\\n.*)*", text):
            assert "--require-hashes" in line or "--no-build-isolation" in line, f"{path.name}: {line}"


@pytest.mark.parametrize("path", sorted(ROOT.glob("**/*requirements*.lock")), ids=lambda path: path.name)
def test_every_line_of_a_lock_has_checksums(path: Path) -> None:
    blocks = re.split(r"(?m)^(?=[\w.-]+==)", path.read_text(encoding="utf-8"))[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
