"""Topics of k8s/ keep their records as long as they say, and not longer."""

import pytest

from sluice.local.pipeline_spec import PipelineSpec, Topic

TOPICS = {topic.name: topic for topic in PipelineSpec.read().topics}
KAFKAS_SEGMENT_MS = 604800000
"""Kafka's default of segment.ms and retention.ms."""


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_records_are_deleted_when_their_topic_says(topic: Topic) -> None:
    # Kafka deletes and compacts whole segments only, and never the one that is being written.
    retention = int(topic.config.get("retention.ms", KAFKAS_SEGMENT_MS))
    assert retention < 0 or int(topic.config.get("segment.ms", KAFKAS_SEGMENT_MS)) <= retention


def test_offsets_that_every_worker_reads_at_its_start_stay_few() -> None:
    assert int(TOPICS["connect-offsets"].config["segment.bytes"]) < 2**24
