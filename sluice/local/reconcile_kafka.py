"""Topics, users and rights, brought to what k8s/ says: the part that Strimzi's entity operator plays on a cluster."""

from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from producer.runtime.exit_status import SluiceError
from sluice.local.drift import Drift
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.topics import reconcile_topics, unknown_topics
from sluice.local.users import reconcile_acls, reconcile_users


def reconcile_kafka(admin: AdminClient, *, spec: PipelineSpec, passwords: Mapping[str, str]) -> list[Drift]:
    """Make topics, users and rights what the description says; raises SluiceError where the broker refuses.

    Topics that are not described stay (they hold data); users and rights that are not described go.
    """
    try:
        return [
            *reconcile_topics(admin, spec.topics),
            *unknown_topics(admin, spec.topics),
            *reconcile_acls(admin, spec.users),
            *reconcile_users(admin, spec.users, passwords=passwords),
        ]
    except KafkaException as error:
        raise SluiceError(f"the broker does not answer: {error.args[0].str()}") from error
