"""The schema registry, Apicurio, which stores its schemas in a Kafka topic."""

from pathlib import Path

from sluice.local.http_requests import responds_ok
from sluice.local.instance import Instance
from sluice.local.java import java_command
from sluice.local.kafka_broker import scram_client_settings
from sluice.local.pipeline_spec import Settings
from sluice.local.processes import Server

_HEAP = "192m"


def server(instance: Instance, *, settings: Settings, servers: Path) -> Server:
    """Return the registry's process; ready when it has read its topic and serves requests."""
    health = instance.port("registry-health")
    servers = instance.link_servers(servers)
    authentication = scram_client_settings(instance, "registry")
    bootstrap = f"127.0.0.1:{instance.port('kafka')}"
    env = {
        **settings,
        "APICURIO_KAFKASQL_BOOTSTRAP_SERVERS": bootstrap,
        "APICURIO_EVENTS_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "APICURIO_KAFKA_COMMON_BOOTSTRAP_SERVERS": bootstrap,
        "APICURIO_KAFKA_COMMON_SASL_JAAS_CONFIG": authentication["sasl.jaas.config"],
        "APICURIO_KAFKA_COMMON_SSL_TRUSTSTORE_LOCATION": authentication["ssl.truststore.location"],
        "QUARKUS_HTTP_HOST": "127.0.0.1",
        "QUARKUS_HTTP_PORT": str(instance.port("registry")),
        "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
        "QUARKUS_MANAGEMENT_PORT": str(health),
    }
    return Server(
        name="registry",
        # C1 only: at a few requests a minute, C2 would cost more at start than it gains later.
        command=java_command(
            "-XX:TieredStopAtLevel=1",
            "-jar",
            str(servers / "registry/quarkus-run.jar"),
            heap=_HEAP,
            cache=servers / "registry.aot",
        ),
        env=env,
        folder=instance.state,
        ready=lambda: responds_ok(f"http://127.0.0.1:{health}/health/ready"),
    )
