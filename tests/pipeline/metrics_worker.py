"""A Connect worker with Strimzi's metrics reporter, beside the local pipeline's own worker."""

import re
import subprocess
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from sluice.local.fetch_servers import fetch_servers
from sluice.local.instance import Instance
from sluice.local.java import classpath, format_properties, java_command
from sluice.local.kafka_broker import jvm_arguments
from sluice.local.processes import free_port_base
from tests.maven_jars import fetch_jars

_HERE = Path(__file__).with_name("strimzi")
_CLASS = "io.strimzi.kafka.metrics.prometheus.ClientMetricsReporter"
_SERIES = re.compile(r"(\w+)\{(.*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Connectors = Mapping[str, dict[str, str]]
Samples = list[tuple[str, dict[str, str], float]]
"""Samples: metric name, labels, value."""


@contextmanager
def run_metrics_worker(
    instance: Instance, connectors: Connectors, *, shown: Sequence[str], folder: Path, env: Mapping[str, str]
) -> Generator[Callable[[], str]]:
    """Run a standalone worker with these connectors; yields a function that returns its metrics page.

    The page is empty while the worker does not answer. `shown` are the patterns of the reported metrics.
    """
    url = f"http://127.0.0.1:{free_port_base()}"
    settings = [_write(folder, "worker", _worker(instance, url=url, shown=shown, offsets=folder / "offsets"))]
    settings += [
        _write(folder, name, format_properties({"name": name, **config})) for name, config in connectors.items()
    ]
    servers = instance.link_servers(fetch_servers(env=env, say=print))
    reporter = fetch_jars(_HERE, name="reporter", env=env, say=print)
    arguments = jvm_arguments("org.apache.kafka.connect.cli.ConnectStandalone", *map(str, settings), servers=servers)
    arguments[arguments.index("-cp") + 1] += f":{classpath(reporter)}"
    log = folder / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            java_command(*arguments, heap="256m", cache=servers / "connect.aot"),
            cwd=instance.state,  # the settings have relative paths
            stdout=output,
            stderr=output,
        )

    def page() -> str:
        assert process.poll() is None, log.read_text(encoding="utf-8")[-2000:]
        # Unavailable for a moment after the worker's first reporting client has ended.
        with suppress(OSError, HTTPException), urlopen(f"{url}/metrics", timeout=10) as answer:
            return answer.read().decode()
        return ""

    try:
        yield page
    finally:
        process.terminate()
        process.wait(timeout=60)


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.properties"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def _worker(instance: Instance, *, url: str, shown: Sequence[str], offsets: Path) -> str:
    """Return the settings of the pipeline's first worker (from k8s/connect.yaml), with Strimzi's for metrics."""
    strimzi = {
        f"{client}{name}": value
        for client in ("", "admin.", "producer.", "consumer.")
        for name, value in {
            "metric.reporters": _CLASS,
            "prometheus.metrics.reporter.listener.enable": "true",
            "prometheus.metrics.reporter.listener": url,
            "prometheus.metrics.reporter.allowlist": ",".join(shown),
        }.items()
    }
    own = {"listeners": "https://127.0.0.1:0", "offset.storage.file.filename": str(offsets)}
    return (instance.state / "connect-1.properties").read_text(encoding="utf-8") + format_properties({**strimzi, **own})


def parse_samples(text: str) -> Samples:
    """Parse a metrics page."""
    found = [_SERIES.fullmatch(line) for line in text.splitlines()]
    return [(one[1], dict(_LABEL.findall(one[2])), float(one[3])) for one in found if one]
