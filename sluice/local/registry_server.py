"""The schema registry: Apicurio, keeping its journal in Kafka."""

from pathlib import Path

from sluice.local.http_requests import responds_ok
from sluice.local.instance import Instance
from sluice.local.java import java_command
from sluice.local.kafka_broker import scram_client_settings
from sluice.local.pipeline_spec import Settings
from sluice.local.processes import Server

_HEAP = "192m"


def server(instance: Instance, *, settings: Settings, servers: Path) -> Server:
    """The registry's process; ready when it has read its journal and serves."""
    health = instance.port("registry-health")
    servers = instance.link_servers(servers)
    login = scram_client_settings(instance, "registry")
    bootstrap = f"127.0.0.1:{instance.port('kafka')}"
    env = {
        **settings,
        "APICURIO_KAFKASQL_BOOTSTRAP_SERVERS": bootstrap,
        "APICURIO_EVENTS_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "APICURIO_KAFKA_COMMON_BOOTSTRAP_SERVERS": bootstrap,
        "APICURIO_KAFKA_COMMON_SASL_JAAS_CONFIG": login["sasl.jaas.config"],
        "APICURIO_KAFKA_COMMON_SSL_TRUSTSTORE_LOCATION": login["ssl.truststore.location"],
        "QUARKUS_HTTP_HOST": "127.0.0.1",
        "QUARKUS_HTTP_PORT": str(instance.port("registry")),
        "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
        "QUARKUS_MANAGEMENT_PORT": str(health),
    }
    return Server(
        name="registry",
        # It serves a few requests a minute: what the second compiler would gain there, it costs at start.
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
