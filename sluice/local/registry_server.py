"""The schema registry, Apicurio, which stores its schemas in a Kafka topic."""

from pathlib import Path

from sluice.local.http_requests import responds_ok
from sluice.local.instance import Instance
from sluice.local.java import java_command
from sluice.local.kafka_broker import scram_client_settings
from sluice.local.pipeline_spec import Settings
from sluice.local.processes import Server

_HEAP = "192m"
_CERTIFICATE = "tls/registry.pem"
_TOPIC_READ = b"KafkaSQL storage bootstrapped"
_CLASS_PATH = (
    "quarkus/transformed-bytecode.jar",  # first: its classes replace those of the libraries
    "quarkus/generated-bytecode.jar",
    "app/*",
    "lib/boot/*",
    "lib/main/*",
)
"""The registry's jars, on the JVM's own class path instead of the class loader in its quarkus-run.jar.

An ahead-of-time cache holds more of the classes of the JVM's loaders: linked, with their lambdas, and with the profiles
of their methods. It takes half a second of CPU time off a start.
"""

_ENTRY_POINT_OPTIONS = (
    # What quarkus-run.jar declares and sets itself.
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
)


def server(instance: Instance, *, settings: Settings, servers: Path) -> Server:
    """Return the registry's process; ready when it has read its topic and serves requests."""
    topic_read = _TopicRead(instance.log("registry"))
    rest = instance.registry
    user, _, password = rest.user_info.partition(":")
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
        "QUARKUS_HTTP_SSL_PORT": str(instance.port("registry")),
        "QUARKUS_HTTP_INSECURE_REQUESTS": "disabled",
        "QUARKUS_HTTP_SSL_CERTIFICATE_FILES": _CERTIFICATE,
        "QUARKUS_HTTP_SSL_CERTIFICATE_KEY_FILES": _CERTIFICATE,
        # A password, since Quarkus fixes at build time that no client certificate is asked for (ADR 17).
        "QUARKUS_HTTP_AUTH_BASIC": "true",
        "QUARKUS_HTTP_AUTH_PERMISSION_ALL_PATHS": "/*",
        "QUARKUS_HTTP_AUTH_PERMISSION_ALL_POLICY": "authenticated",
        "QUARKUS_SECURITY_USERS_EMBEDDED_PLAIN_TEXT": "true",
        f"QUARKUS_SECURITY_USERS_EMBEDDED_USERS_{user.upper()}": password,
        # Its metrics ask for no password.
        "QUARKUS_MANAGEMENT_HOST_ENABLED": "false",
    }
    return Server(
        name="registry",
        # C1 only: at a few requests a minute, C2 would cost more at start than it gains later.
        command=java_command(
            "-XX:TieredStopAtLevel=1",
            *_ENTRY_POINT_OPTIONS,
            "-cp",
            ":".join(f"{servers}/registry/{name}" for name in _CLASS_PATH),
            "io.quarkus.runner.GeneratedMain",
            heap=_HEAP,
            cache=servers / "registry.aot",
        ),
        env=env,
        folder=instance.state,
        ready=lambda: topic_read() and responds_ok(rest, "/apis/registry/v3/system/info"),
    )


class _TopicRead:
    """Whether the registry has logged that it has read its topic; before, it answers that it knows no schema.

    Its health endpoint would say it too, but on a port of which any user can ask more (ADR 17).
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._start: int | None = None

    def __call__(self) -> bool:
        size = self._log.stat().st_size
        if self._start is None:  # asked for the first time just after the start: what is there is of former runs
            self._start = size
        self._start = min(self._start, size)  # `auto-restart` cuts long logs
        with self._log.open("rb") as file:
            file.seek(self._start)
            return _TOPIC_READ in file.read()
