"""The settings that the servers were last started with, to tell what is another one now."""

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
    """A sentence for each setting of a server that differs from the last time; nothing the first time."""
    before = _kept(instance)
    if not before:
        return []
    now = _settings(spec)
    found = [
        finding
        for server, settings in now.items()
        if server != _REDIS
        for finding in compare_settings(server, before.get(server, {}), dict(settings))
    ]
    if before.get(_REDIS) != now[_REDIS]:
        found.append(changed("redis: k8s/redis/redis.conf is another one than the last time, and holds now"))
    return found


def _kept(instance: Instance) -> Mapping[str, dict[str, str]]:
    """What keep_settings() has written; nothing where there is no such file, or it is damaged: it only informs."""
    try:
        found = read_json_object(instance.state / _FILE, values=dict, remedy="")
    except (FileNotFoundError, SluiceError):
        return {}
    return cast(Mapping[str, dict[str, str]], found)


def save_settings(instance: Instance, spec: PipelineSpec) -> None:
    """Note what the servers have been started with."""
    instance.write(_FILE, json.dumps(_settings(spec)))


def _settings(spec: PipelineSpec) -> dict[str, dict[str, str]]:
    redis = sha256(read_text(K8S / "redis/redis.conf").encode()).hexdigest()
    return {
        "broker": dict(spec.broker),
        "Connect worker": {**spec.worker, "-Xmx": spec.worker_heap},
        "registry": dict(spec.registry),
        _REDIS: {"digest": redis},
    }
