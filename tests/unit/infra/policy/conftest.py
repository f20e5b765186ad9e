import pytest

from tests.unit.infra.gcp.conftest import EVERYTHING, cloud
from tests.unit.infra.recording_monitor import Made


@pytest.fixture(scope="session")
def made() -> list[Made]:
    """Everything that the program creates on Google Cloud."""
    return cloud(EVERYTHING)
