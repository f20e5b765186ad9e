"""Does to a local pipeline all that could show a secret, and keeps what commands and servers answer."""

import os
import signal
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from producer.sample_images import write_images
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_settings
from sluice.local.processes import is_port_free
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.kill_servers import LocalServerControl
from tests.local_administrator import process_of
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import Sluice, wait_for

_START = TimeRange.SECRETS.value
_ROWS = "".join(f"{_START + n},3,0,0.738168596822093,-1.46098603965911,nan,11.3,0.005\n" for n in range(20))
_SESSION = "2015-01-01"
_PATHS = ("", "/config", "/tasks", "/status", "/topics", "/offsets")


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A pipeline, and in `said` what was answered, by what was asked."""

    instance: Instance
    endpoints: Endpoints
    admin: Administrator
    sluice: Sluice
    folder: Path
    said: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def run_commands(self) -> None:
        """Run every command, also with --json, and some that fail."""
        log, images = self.folder / "gps.csv", self.folder / "images"
        log.write_text(_ROWS, encoding="ascii")
        keys = write_images(images, count=2, session=_SESSION)
        self._refuse_a_record()
        loads = (
            ("load", "gps", str(log)),
            ("load", "gps", str(log), "--json", "--format", "protobuf", "--rejects", str(self.folder / "rejects")),
            ("load", "images", str(images), "--json"),
            ("load", "gps", str(self.folder / "none.csv")),
        )
        others = (
            ("proof", str(log), "-o", str(self.folder / "rows.html"), "--json"),
            ("proof", str(images), "-o", str(self.folder / "images.html")),
            ("status",),
            ("status", "--json"),
            ("messages", "gps-fixes", "--json"),
            ("messages", "connect-configs"),
            ("dlq", "--json"),
            ("get", keys[0], "-o", str(self.folder / "image"), "--json"),
        )
        with ThreadPoolExecutor(4) as pool:
            for commands in (loads, others):
                for words, done in zip(commands, pool.map(lambda words: self.sluice(*words), commands), strict=True):
                    self.said[f"sluice {' '.join(words)}"] = (done.stdout + done.stderr).encode()

    def _refuse_a_record(self) -> None:
        """Have both sinks write a dead letter."""
        producer = Producer(self.endpoints.producer.client_settings())
        producer.produce("gps-fixes", key="no number", value=b"no Avro")
        producer.produce("images", key=None, value=b"no key")
        assert producer.flush(30) == 0

    def fail_at_debug_level(self) -> None:
        """Restart connectors, refuse others and let a store die, while the workers log all that they can."""
        self._set_log_level("TRACE")
        for name, config in self._configs().items():
            self._ask("POST", f"/connectors/{name}/restart?includeTasks=true")
            for wrong in ({"topics": ""}, {"errors.tolerance": "most"}, {"connection.url": "jdbc:mysql://", "x": "y"}):
                self._ask("PUT", f"/connectors/{name}-wrong/config", {**config, "name": f"{name}-wrong", **wrong})
                self._ask("DELETE", f"/connectors/{name}-wrong")
        self.admin.servers.kill_redis()
        self.admin.servers.start_redis()
        self._wait_until_all_run()
        self._set_log_level("INFO")

    def crash_a_worker(self) -> None:
        """End the worker by a signal that the JVM takes for a fault of its own, and start it again."""
        number = process_of(self.instance, "connect-1")
        os.kill(number, signal.SIGSEGV)
        report = self.instance.state / f"hs_err_pid{number}.log"
        wait_for(lambda: report.exists() and b"\nEND.\n" in report.read_bytes())
        wait_for(lambda: is_port_free(self.instance.port("connect")))
        LocalServerControl(self.instance).start("connect-1")
        self._wait_until_all_run()

    def ask_servers(self) -> None:
        """Ask Connect, the registry, Redis and the database all that they tell about themselves."""
        for name, config in self._configs().items():
            for path in _PATHS:
                self._ask("GET", f"/connectors/{name}{path}")
            class_ = config["connector.class"]
            self._ask("PUT", f"/connector-plugins/{class_}/config/validate", config)
            self._ask("GET", f"/connector-plugins/{class_}/config")
        for path in ("/", "/connectors?expand=info&expand=status", "/connector-plugins", "/admin/loggers"):
            self._ask("GET", path)
        for path in ("registry/v3/system/info", "registry/v3/admin/config/properties", "ccompat/v7/subjects"):
            self._keep(path, request("GET", self.endpoints.registry, f"/apis/{path}"))
        redis = self.admin.redis()
        for command in ("ACL LIST", "ACL LOG", "CONFIG GET *", "CLIENT LIST", "SLOWLOG GET 1000", "INFO everything"):
            self._keep(f"redis {command}", redis.execute_command(*command.split()))
        with redis.monitor() as monitor, self.admin.redis("reader") as reader:
            reader.ping()
            self._keep("redis MONITOR", [monitor.next_command() for _ in range(2)])
        with self.admin.mysql() as connection, connection.cursor() as cursor:
            for query in ("SHOW FULL PROCESSLIST", "SELECT * FROM mysql.global_priv", "SHOW VARIABLES"):
                cursor.execute(query)
                self._keep(query, cursor.fetchall())

    def read_topics(self, *, without: Iterable[str]) -> None:
        """Keep keys, values and headers of the records of every topic but those `without`."""
        settings = {"group.id": "none", "enable.auto.commit": False, "enable.partition.eof": True}
        consumer = Consumer({**admin_settings(self.instance), **settings})
        found = consumer.list_topics(timeout=30).topics.items()
        waiting = {(topic, number) for topic, data in found if topic not in without for number in data.partitions}
        consumer.assign([TopicPartition(topic, number, 0) for topic, number in waiting])
        while waiting:
            for message in consumer.consume(1000, 30):
                topic = str(message.topic())
                if message.error():
                    waiting.discard((topic, message.partition()))
                    continue
                parts = (message.key(), message.value(), *(value for _, value in message.headers() or ()))
                text = b"\n".join(part.encode() if isinstance(part, str) else part or b"" for part in parts)
                self.said[f"topic {topic}"] = self.said.get(f"topic {topic}", b"") + text
        consumer.close()

    def _configs(self) -> dict[str, dict[str, str]]:
        rest = self.endpoints.connect[0]
        return {
            name: request("GET", rest, f"/connectors/{name}/config")[1]
            for name in request("GET", rest, "/connectors")[1]
        }

    def _states(self, name: str) -> list[str]:
        status, answer = self._ask("GET", f"/connectors/{name}/status")
        parts = [answer["connector"], *answer["tasks"]] if status == 200 else []
        return [part["state"] for part in parts] if len(parts) > 1 else ["UNASSIGNED"]

    def _wait_until_all_run(self) -> None:
        wait_for(lambda: all(set(self._states(name)) == {"RUNNING"} for name in self._configs()))

    def _set_log_level(self, level: str) -> None:
        self._ask("PUT", "/admin/loggers/root?scope=cluster", {"level": level})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        answer = request(method, self.endpoints.connect[0], path, body)
        self._keep(f"{method} {path}", answer)
        return answer

    def _keep(self, asked: str, answer: object) -> None:
        self.said[asked] = self.said.get(asked, b"") + repr(answer).encode()
