"""Kafka Connect's distributed workers: process, settings, variables of connectors."""

from pathlib import Path

from sluice.local.certificates import TRUST_STORE, make_key_store
from sluice.local.fetch_servers import plugin_path
from sluice.local.http_requests import responds_ok
from sluice.local.instance import Instance
from sluice.local.java import format_properties, java_command
from sluice.local.kafka_broker import jvm_arguments, scram_client_settings
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import Server


def worker(instance: Instance, *, index: int, spec: PipelineSpec, servers: Path) -> Server:
    """Return the process of worker `index` (from 0); ready when it has joined its group and serves requests."""
    name = f"connect-{index + 1}"
    links = instance.link_servers(servers)
    settings = instance.write(
        f"{name}.properties",
        format_properties(_settings(instance, index=index, spec=spec, plugins=plugin_path(servers, links))),
    )
    rest = instance.connect(index)
    return Server(
        name=name,
        command=java_command(
            *jvm_arguments("org.apache.kafka.connect.cli.ConnectDistributed", settings.name, servers=links),
            heap=spec.worker_heap,
            cache=links / "connect.aot",
        ),
        env=connector_variables(instance),
        folder=instance.state,
        ready=lambda: responds_ok(rest, "/health"),
    )


def connector_variables(instance: Instance) -> dict[str, str]:
    """Return the variables behind ${env:…} in k8s/connectors/; k8s/connect.yaml sets them on a cluster."""
    authority = (instance.state / "tls/ca.pem").read_text(encoding="ascii")
    return {
        "BROKER_BOOTSTRAP_SERVERS": f"127.0.0.1:{instance.port('kafka')}",
        "BROKER_CA_CERTIFICATE": authority,
        "BROKER_JAAS_CONFIG": scram_client_settings(instance, "connect")["sasl.jaas.config"],
        "REGISTRY_URL": f"{instance.registry.url}/apis/ccompat/v7",
        "REGISTRY_USER_INFO": instance.registry.user_info,
        "REGISTRY_CA_CERTIFICATE": authority,
        "MYSQL_URL": f"jdbc:mysql://127.0.0.1:{instance.port('mysql')}/myDB",
        "MYSQL_PASSWORD": instance.passwords["mysql-connect"],
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_PORT": str(instance.port("mysql")),
        "MYSQL_SOURCE_PASSWORD": instance.passwords["mysql-source"],
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(instance.port("redis")),
        "REDIS_PASSWORD": instance.passwords["redis-connect"],
    }


def _settings(instance: Instance, *, index: int, spec: PipelineSpec, plugins: str) -> dict[str, str]:
    authentication = scram_client_settings(instance, "connect")
    key_store, key_store_password = make_key_store(instance, "connect", name=f"connect-{index + 1}")
    port = instance.port("connect", index)
    # The worker itself and each kind of client of its connectors are configured separately.
    clients = {
        f"{kind}{name}": value
        for kind in ("", "producer.", "consumer.", "admin.")
        for name, value in authentication.items()
    }
    return {
        **spec.worker,
        **clients,
        "bootstrap.servers": f"127.0.0.1:{instance.port('kafka')}",
        "plugin.path": plugins,
        # Mutual TLS: every user of this machine can open the port. Workers ask one another with the same settings.
        "listeners": f"https://127.0.0.1:{port}",
        "listeners.https.ssl.client.auth": "required",
        "listeners.https.ssl.keystore.type": "PKCS12",  # Jetty reads no PEM
        "listeners.https.ssl.keystore.location": key_store,
        "listeners.https.ssl.keystore.password": key_store_password,
        "listeners.https.ssl.truststore.type": "PKCS12",
        "listeners.https.ssl.truststore.location": TRUST_STORE,
        "rest.advertised.listener": "https",
        "rest.advertised.host.name": "127.0.0.1",
        "rest.advertised.port": str(port),
    }
