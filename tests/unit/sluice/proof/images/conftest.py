from pathlib import Path

import pytest

from tests.unit.sluice.proof.images.fake_store import FakeStore, content, make_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cameras with three images each."""
    return make_folder(tmp_path)


@pytest.fixture
def store(folder: Path) -> FakeStore:
    """Redis with all images of `folder`."""
    return FakeStore(content(folder))
