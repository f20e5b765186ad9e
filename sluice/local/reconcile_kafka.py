"""Reconciles topics, users and ACLs with k8s/, as Strimzi's entity operator does on a cluster."""

from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from producer.runtime.exit_status import SluiceError
from sluice.local.drift import Drift
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.topics import reconcile_topics, unknown_topics
from sluice.local.users import reconcile_acls, reconcile_users


def reconcile_kafka(admin: AdminClient, *, spec: PipelineSpec, passwords: Mapping[str, str]) -> list[Drift]:
    """Reconcile topics, ACLs and users with `spec`; raises SluiceError where the broker refuses or does not answer.

    Other topics stay, since they hold data; other users and ACLs are deleted. `passwords` are by `kafka-<user>`.
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
