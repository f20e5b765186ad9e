"""Topics, users and rights, brought to what k8s/ says: the part that Strimzi's entity operator plays on a cluster."""

from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from producer.runtime.exit_status import SluiceError
from sluice.local.drift import Drift
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.topics import apply_topics, undescribed_topics
from sluice.local.users import apply_rights, apply_users


def apply_entities(admin: AdminClient, *, description: PipelineSpec, passwords: Mapping[str, str]) -> list[Drift]:
    """Make topics, users and rights what the description says; raises SluiceError where the broker refuses.

    Topics that are not described stay (they hold data); users and rights that are not described go.
    """
    try:
        return [
            *apply_topics(admin, description.topics),
            *undescribed_topics(admin, description.topics),
            *apply_rights(admin, description.users),
            *apply_users(admin, description.users, passwords=passwords),
        ]
    except KafkaException as error:
        raise SluiceError(f"the broker does not answer: {error.args[0].str()}") from error
