"""The Kafka broker, in KRaft mode, with listeners, authorizer and settings as Strimzi configures them."""

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
_SETTINGS_FILE = "kafka.properties"
_QUOTAS = "client.quota.callback.static"
_DISK_RESERVE = f"{_QUOTAS}.storage.per.volume.limit.min.available.bytes"
_LATE_C2 = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
"""Ten times the JVM's defaults: its optimising compiler (C2) takes only what is hot for longer than a start.

A fifth less CPU time of a start. Not for workers: a row would cost them 2.7 µs at first, not 1.6.
"""


def scram_client_settings(instance: Instance, user: str) -> dict[str, str]:
    """Return the settings of a Java client that authenticates as a KafkaUser by TLS and SCRAM.

    Paths are relative to the instance's folder, in which the client is started.
    """
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
    """Write the broker's settings and format its data folder once; return the path of the settings file."""
    settings = instance.write(_SETTINGS_FILE, format_properties(_settings(instance, spec=spec)))
    if not (instance.state / "kafka/meta.properties").exists():
        _format(settings, instance=instance, servers=servers)
    return settings


def server(instance: Instance, *, settings: Path, servers: Path) -> Server:
    """Return the broker's process; ready when it answers a metadata request, not when its port opens."""
    client = admin_client(instance)
    servers = instance.link_servers(servers)
    return Server(
        name="kafka",
        command=java_command(
            *_LATE_C2,
            *jvm_arguments("kafka.Kafka", settings.name, servers=servers),
            heap=_HEAP,
            cache=servers / "kafka.aot",
        ),
        folder=instance.state,
        ready=lambda: _answers(client),
    )


def tool_command(main: str, *arguments: str, servers: Path) -> list[str]:
    """Return the command line of one of Kafka's tools, to be run in the instance's folder."""
    return java_command(*jvm_arguments(main, *arguments, servers=servers), heap="256m")


def jvm_arguments(main: str, *arguments: str, servers: Path) -> list[str]:
    """Return the JVM arguments for one of Kafka's programs: log settings, class path, main class, its arguments.

    It has to run in the instance's folder, where Instance.link_servers has created the links that they name.
    """
    return [f"-Dlog4j2.configurationFile={LOG_SETTINGS}", "-cp", classpath(servers / "kafka"), main, *arguments]


def _answers(client: AdminClient) -> bool:
    try:
        return bool(client.list_topics(timeout=0.2).brokers)
    except KafkaException:
        return False


def _settings(instance: Instance, *, spec: PipelineSpec) -> dict[str, str]:
    reserve = _disk_reserve(instance, spec)
    return {**_network(instance), **_security(), **_small_machine(), **reserve, **spec.broker}


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
    """As Strimzi: mutual TLS for nodes and operators, SCRAM for all others, nothing allowed without an ACL."""
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
    """Settings that save memory and threads on a machine that the broker shares."""
    return {
        "num.network.threads": "2",
        "num.io.threads": "4",
        # The cleaner's buffer is allocated at start, 128 MB of it by default.
        "log.cleaner.dedupe.buffer.size": "8388608",
        "log.cleaner.threads": "1",
        "compression.type": "producer",
    }


def _disk_reserve(instance: Instance, spec: PipelineSpec) -> Settings:
    """Settings of Strimzi's quota plugin, with which producers are slowed down before the disk is full.

    A full disk stops a broker. The plugin asks the broker itself how much of its disk is free.
    """
    prefix = _QUOTAS
    return {
        "client.quota.callback.class": "io.strimzi.kafka.quotas.StaticQuotaCallback",
        _DISK_RESERVE: str(spec.broker_disk_reserve),
        # s; producers of one machine may write some 300 MB in that time. With 1 the plugin gives the broker no time to
        # answer, and slows nobody down.
        f"{prefix}.storage.check-interval": "2",
        f"{prefix}.kafka.admin.bootstrap.servers": f"127.0.0.1:{instance.port('kafka-admin')}",
        f"{prefix}.kafka.admin.security.protocol": "SSL",
        f"{prefix}.kafka.admin.ssl.keystore.type": "PEM",
        f"{prefix}.kafka.admin.ssl.keystore.location": _BROKER,
        f"{prefix}.kafka.admin.ssl.truststore.type": "PEM",
        f"{prefix}.kafka.admin.ssl.truststore.location": _CA,
        # It asks before the broker answers; by default its client would then write many lines.
        f"{prefix}.kafka.admin.reconnect.backoff.ms": "1000",
        f"{prefix}.kafka.admin.metadata.recovery.strategy": "none",
        f"{prefix}.excluded.principal.name.list": ";".join(spec.unthrottled),
    }


def applied_disk_reserve(instance: Instance) -> int:
    """Return the reserve with which the broker was started, bytes; 0 if that was an earlier version without one."""
    try:
        lines = (instance.state / _SETTINGS_FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    found = (line.partition("=")[2] for line in lines if line.startswith(f"{_DISK_RESERVE}="))
    return int(next(found, "0"))


def new_cluster_id(random: Callable[[], bytes] = lambda: uuid.uuid4().bytes) -> str:
    """Return a new cluster id: 16 random bytes in URL-safe base64, as Kafka's own.

    Never one that begins with a dash (one in 64 would): StorageTool would take it for an option.
    """
    while True:
        text = base64.urlsafe_b64encode(random()).rstrip(b"=").decode()
        if not text.startswith("-"):
            return text


def _format(settings: Path, *, instance: Instance, servers: Path) -> None:
    # Remains of a run that was killed while formatting hold no data.
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
