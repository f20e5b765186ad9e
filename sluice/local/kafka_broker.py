"""The broker: Kafka in KRaft mode, with the listeners, the authorizer and the settings that Strimzi gives it."""

import base64
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from producer.runtime.exit_status import SluiceError
from sluice.local.instance import LOG_SETTINGS, Instance
from sluice.local.java import classpath, format_properties, java_command
from sluice.local.kafka_admin import admin_client
from sluice.local.pipeline_spec import PipelineSpec, Settings
from sluice.local.processes import Server, run_once

SUPER_USERS = "User:CN=broker;User:CN=admin"
_NODE_ID = "0"
_HEAP = "384m"
_CA, _BROKER = "tls/ca.pem", "tls/broker.pem"


def scram_client_settings(instance: Instance, user: str) -> dict[str, str]:
    """Settings of a Java client, started in the instance's folder, that comes in as a KafkaUser by TLS and SCRAM."""
    password = instance.passwords[f"kafka-{user}"]
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.jaas.config": f'{login} required username="{user}" password="{password}";',
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": _CA,
    }


def prepare(instance: Instance, *, spec: PipelineSpec, servers: Path) -> Path:
    """Write the broker's settings and format its folder once; the path of the settings file."""
    settings = instance.write("kafka.properties", format_properties(_settings(instance, spec=spec)))
    if not (instance.state / "kafka/meta.properties").exists():
        _format(settings, instance=instance, servers=servers)
    return settings


def server(instance: Instance, *, settings: Path, servers: Path) -> Server:
    """The broker's process. Ready when it answers as a broker, not when its port opens."""
    client = admin_client(instance)
    servers = instance.link_servers(servers)
    return Server(
        name="kafka",
        command=java_command(
            *jvm_arguments("kafka.Kafka", settings.name, servers=servers),
            heap=_HEAP,
            cache=servers / "kafka.aot",
        ),
        folder=instance.state,
        ready=lambda: _answers(client),
    )


def tool_command(main: str, *arguments: str, servers: Path) -> list[str]:
    """A command line for one of Kafka's own programs, to be run in the instance's folder."""
    return java_command(*jvm_arguments(main, *arguments, servers=servers), heap="256m")


def jvm_arguments(main: str, *arguments: str, servers: Path) -> list[str]:
    """What a JVM is told to run one of Kafka's programs: its log to standard output, its jars, its main class.

    In the instance's folder, where Instance.link_servers has put what it names.
    """
    return [f"-Dlog4j2.configurationFile={LOG_SETTINGS}", "-cp", classpath(servers / "kafka"), main, *arguments]


def _answers(client: AdminClient) -> bool:
    try:
        return bool(client.list_topics(timeout=0.2).brokers)
    except KafkaException:
        return False


def _settings(instance: Instance, *, spec: PipelineSpec) -> dict[str, str]:
    return {**_network(instance), **_security(), **_small_machine(), **spec.broker}


def _network(instance: Instance) -> Settings:
    ports = {name: instance.port(name) for name in ("kafka", "kafka-admin", "kafka-controller")}
    tls, admin = f"TLS://127.0.0.1:{ports['kafka']}", f"ADMIN://127.0.0.1:{ports['kafka-admin']}"
    controller = f"127.0.0.1:{ports['kafka-controller']}"
    return {
        "process.roles": "broker,controller",
        "node.id": _NODE_ID,
        "controller.quorum.voters": f"{_NODE_ID}@{controller}",
        "listeners": f"{tls},{admin},CONTROLLER://{controller}",
        "advertised.listeners": f"{tls},{admin}",
        "inter.broker.listener.name": "ADMIN",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "TLS:SASL_SSL,ADMIN:SSL,CONTROLLER:SSL",
        "log.dirs": "kafka",
    }


def _security() -> Settings:
    """As Strimzi: mutual TLS among nodes and operators, SCRAM for everybody else, nobody without a right."""
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": SUPER_USERS,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": _BROKER,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": _CA,
        "listener.name.admin.ssl.client.auth": "required",
        "listener.name.controller.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.tls.scram-sha-512.sasl.jaas.config": f"{scram} required;",
    }


def _small_machine() -> Settings:
    """What a node that has a machine to itself would not need."""
    return {
        "num.network.threads": "2",
        "num.io.threads": "4",
        # The cleaner's buffer is allocated at start, 128 MB of it by default.
        "log.cleaner.dedupe.buffer.size": "8388608",
        "log.cleaner.threads": "1",
        "compression.type": "producer",
    }


def new_cluster_id(random: Callable[[], bytes] = lambda: uuid.uuid4().bytes) -> str:
    """A new id of a cluster: 16 bytes in base64, as Kafka writes them.

    Never with a dash at its beginning, which the tool that is given it would take for an option: one in 64 has one.
    """
    while True:
        text = base64.urlsafe_b64encode(random()).rstrip(b"=").decode()
        if not text.startswith("-"):
            return text


def _format(settings: Path, *, instance: Instance, servers: Path) -> None:
    # What a killed run left half-made holds nothing yet.
    shutil.rmtree(instance.state / "kafka", ignore_errors=True)
    command = tool_command(
        "kafka.tools.StorageTool",
        "format",
        "--config",
        settings.name,
        "--cluster-id",
        new_cluster_id(),
        servers=instance.link_servers(servers),
    )
    done = run_once(command, name="kafka-format", instance=instance)
    if done.returncode:
        raise SluiceError(
            f"the broker's folder {instance.state}/kafka cannot be formatted:\n{done.stdout}{done.stderr}"
        )
