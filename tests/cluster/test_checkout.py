"""The stack gke of a plain checkout, as `pulumi preview`, `up` and `destroy` run it: by the language host."""

import os
import shutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from infra.settings.declared_settings import ROOT
from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, dynamic_resources, language, pulumi
from tests.cluster.google_stand_in import google_servers, google_stack
from tests.cluster.pulumi_engine import Stack

WAIT_FOR_DISKS = "Claims claims"
_COPIED = ("Pulumi.yaml", "Pulumi.gke.yaml")
"""Files that Pulumi opens by their path, and may write."""


@pytest.fixture(scope="module")
def stack(say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    try:
        engine = pulumi(env=os.environ, say=say)
        plugins = [language(env=os.environ, say=say), dynamic_resources(env=os.environ, say=say)]
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    folder = tmp_path_factory.mktemp("stack")
    check_out(folder / "work")
    with (
        google_servers(tmp_path_factory.mktemp("tls")) as google,
        google_stack(google, None, folder=folder, pulumi=engine, plugins=plugins) as made,
    ):
        yield made


def check_out(folder: Path) -> None:
    """Create a checkout in `folder`: links to this one, with the virtual environment where scripts/setup puts it."""
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.name in _COPIED:
            shutil.copyfile(path, folder / path.name)
        elif path.name not in (".venv", ".git"):
            (folder / path.name).symlink_to(path)
    (folder / ".venv").symlink_to(sys.prefix)


def test_preview_shows_the_wait_for_disks(stack: Stack) -> None:
    assert WAIT_FOR_DISKS in stack.preview().labels("create")


def test_up_and_destroy_find_the_environment_too(stack: Stack) -> None:
    assert WAIT_FOR_DISKS in stack.up().labels("create")
    assert stack.up().changed == {}
    assert WAIT_FOR_DISKS in stack.destroy().labels("delete")
