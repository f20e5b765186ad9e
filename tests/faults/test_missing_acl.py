"""An ACL that is missing in k8s/users.yaml fails in the local pipeline too, and the message names the file."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Producer

from producer.runtime.exit_status import Exit
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.users import reconcile_acls
from sluice.view.endpoints import Endpoints
from tests.run_sluice import Sluice, wait_for


def may_write(endpoints: Endpoints) -> bool:
    """Return whether the producer may write to gps-fixes by now: the broker applies changed ACLs a moment later."""
    producer = Producer(endpoints.producer.client_settings())
    return producer.list_topics("gps-fixes", timeout=10).topics["gps-fixes"].error is None


@pytest.fixture
def without_the_producers_rights(instance: Instance, endpoints: Endpoints) -> Generator[None]:
    users = PipelineSpec.read().users
    admin = admin_client(instance)
    reconcile_acls(admin, [replace(user, acls=()) if user.name == "producer" else user for user in users])
    wait_for(lambda: not may_write(endpoints))
    yield
    reconcile_acls(admin, users)
    wait_for(lambda: may_write(endpoints))


@pytest.mark.usefixtures("without_the_producers_rights")
def test_load_fails_and_names_the_topic_and_the_file(sluice: Sluice, tmp_path: Path, sample: Path) -> None:
    done = sluice("load", "gps", str(sample), cwd=tmp_path)
    assert done.returncode == Exit.UNAVAILABLE
    assert "gps-fixes" in done.stderr
    assert "k8s/users.yaml" in done.stderr
