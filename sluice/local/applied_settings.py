"""Settings that the servers were last started with (applied.json), to report what has changed since."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import cast

from producer.runtime.exit_status import SluiceError
from sluice.local.drift import Drift, changed, compare_settings
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.state_files import read_json_object
from sluice.manifests.manifest_folder import K8S
from sluice.manifests.yaml_documents import read_text

_FILE = "applied.json"
_REDIS = "redis"


def changed_settings(instance: Instance, spec: PipelineSpec) -> list[Drift]:
    """Return each setting of a server that differs from its last start; empty at the first start."""
    before = _read_settings(instance)
    if not before:
        return []
    now = _settings(spec)
    drifts = [
        drift
        for server, settings in now.items()
        if server != _REDIS
        for drift in compare_settings(server, before.get(server, {}), dict(settings))
    ]
    if before.get(_REDIS) != now[_REDIS]:
        drifts.append(changed("redis: k8s/redis/redis.conf has changed since the last start, and is used now"))
    return drifts


def _read_settings(instance: Instance) -> Mapping[str, dict[str, str]]:
    """Read what save_settings() wrote; empty where it is missing or damaged, since it only serves messages."""
    try:
        settings = read_json_object(instance.state / _FILE, values=dict, remedy="")
    except (FileNotFoundError, SluiceError):
        return {}
    return cast(Mapping[str, dict[str, str]], settings)


def save_settings(instance: Instance, spec: PipelineSpec) -> None:
    """Save the settings that the servers were started with."""
    instance.write(_FILE, json.dumps(_settings(spec)))


def _settings(spec: PipelineSpec) -> dict[str, dict[str, str]]:
    redis = sha256(read_text(K8S / "redis/redis.conf").encode()).hexdigest()
    return {
        "broker": dict(spec.broker),
        "Connect worker": {**spec.worker, "-Xmx": spec.worker_heap},
        "registry": dict(spec.registry),
        _REDIS: {"digest": redis},
    }
