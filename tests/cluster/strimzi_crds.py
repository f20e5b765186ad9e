"""Strimzi's custom resource definitions, written by Strimzi's own generator from the classes of its release."""

import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from producer.runtime.exit_status import SluiceError
from sluice.local.fetch_servers import Say
from sluice.local.java import JAVA_HOME
from tests.build_cache import cached_folder
from tests.cluster.api_client import Api
from tests.maven_jars import digest, fetch_jars
from tests.run_sluice import wait_for

_HERE = Path(__file__).with_name("strimzi")
_MODEL = "io.strimzi.api.kafka.model"
_CLASSES = (
    "bridge.KafkaBridge",
    "connect.KafkaConnect",
    "connector.KafkaConnector",
    "kafka.Kafka",
    "mirrormaker2.KafkaMirrorMaker2",
    "nodepool.KafkaNodePool",
    "podset.StrimziPodSet",
    "rebalance.KafkaRebalance",
    "topic.KafkaTopic",
    "user.KafkaUser",
)


def install_definitions(api: Api, definitions: list[dict[str, Any]]) -> None:
    """Apply the definitions and wait until the server serves each."""
    for definition in definitions:
        api.apply(definition)
    for definition in definitions:
        wait_for(lambda name=definition["metadata"]["name"]: _served(api, name))


def _served(api: Api, name: str) -> bool:
    found = api.read("apiextensions.k8s.io/v1", "CustomResourceDefinition", name) or {}
    conditions = found.get("status", {}).get("conditions", [])
    return any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions)


def strimzi_definitions(*, env: Mapping[str, str], say: Say) -> list[dict[str, Any]]:
    """Strimzi's definitions; generated into the user's cache where they are not there yet.

    Raises SluiceError where Maven or the generator fails.
    """

    def generate(building: Path) -> None:
        generator = fetch_jars(_HERE, name="strimzi-generator", env=env, say=say)
        say("generating Strimzi's custom resource definitions (once) …")
        _generate(generator, building, env=env)

    name = f"strimzi-{sha256(Path(__file__).read_bytes() + digest(_HERE).encode()).hexdigest()[:16]}"
    folder = cached_folder(name, generate, env=env)
    return [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in sorted(folder.glob("*.yaml"))]


def _generate(generator: Path, folder: Path, *, env: Mapping[str, str]) -> None:
    folder.mkdir()
    targets = [f"{_MODEL}.{name}={folder / name.rpartition('.')[2]}.yaml" for name in _CLASSES]
    command = [str(JAVA_HOME / "bin/java"), "-cp", f"{generator}/*", *_OPTIONS, *targets]
    done = subprocess.run(
        command, cwd=_HERE, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n  ".join((done.stdout + done.stderr).splitlines()[-15:])
        raise SluiceError(f"Strimzi's custom resource definitions could not be generated:\n  {last}")


_OPTIONS = (
    "io.strimzi.crdgenerator.CrdGenerator",
    "--target-kube", "1.25+",
    "--crd-api-version", "v1",
    "--api-versions", "v1",
    "--storage-version", "v1",
    "--yaml",
)  # fmt: skip
